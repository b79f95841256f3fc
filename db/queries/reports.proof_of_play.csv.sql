SELECT {names}
FROM named
ORDER BY {order}
