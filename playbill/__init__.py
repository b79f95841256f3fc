"""The program: configuration, the application, the command line, what runs in the background."""

import zoneinfo

# Every server of an installation resolves with the same time zones, those of the locked package,
# whatever the machine has. Their version is part of what plans are made of.
zoneinfo.reset_tzpath(())
