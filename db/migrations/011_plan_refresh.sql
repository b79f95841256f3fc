-- Plans are made anew in the background as soon as a change outdates them: whoever makes plans is told
-- at the commit of the change.
--
-- There is no index on which devices wait. It would make every update of plan_wanted or plan_made
-- write all of the table's indexes, which costs more than reading the table when one is told.
CREATE FUNCTION tell_plans_outdated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('playbill_plans', '');
    RETURN NULL;
END $$;
CREATE TRIGGER devices_plans_outdated AFTER INSERT OR UPDATE OF plan_wanted ON devices
    FOR EACH STATEMENT EXECUTE FUNCTION tell_plans_outdated();
