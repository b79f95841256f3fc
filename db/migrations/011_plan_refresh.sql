-- Plans are made anew in the background as soon as a change outdates them: which devices wait is one
-- index away, and whoever makes plans is told at the commit of the change.
--
-- The index is on what only a change of plan touches, so a heartbeat stays a HOT update.
CREATE INDEX devices_outdated ON devices (id) WHERE plan_made <> plan_wanted AND status = 'active';
CREATE INDEX devices_plan_day ON devices (plan_day) WHERE status = 'active';

CREATE FUNCTION tell_plans_outdated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('playbill_plans', '');
    RETURN NULL;
END $$;
CREATE TRIGGER devices_plans_outdated AFTER INSERT OR UPDATE OF plan_wanted ON devices
    FOR EACH STATEMENT EXECUTE FUNCTION tell_plans_outdated();
