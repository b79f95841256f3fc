"""The demo's time: its days, and a clock for the morning on which everything was set up."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SET_UP_DAYS_BEFORE = 2
SET_UP_AT = time(8, 30)
STEP = timedelta(minutes=2)


class Diary:
    """When what happened: ``days`` whole days before today, and today until ``now``."""

    def __init__(self, now: datetime, *, days: int) -> None:
        self.now = now
        self.days = days
        self.today = now.astimezone(UTC).date()
        first = self.day(-days - SET_UP_DAYS_BEFORE)
        self._setting_up = datetime.combine(first, SET_UP_AT, UTC)

    def next(self) -> datetime:
        """Return the next instant of the set-up, some minutes after the one before."""
        self._setting_up += STEP
        return self._setting_up

    def day(self, offset: int) -> date:
        """Return the day so many days from today."""
        return self.today + timedelta(days=offset)

    def ago(self, *, hours: float = 0, seconds: float = 0) -> datetime:
        """Return the instant so long before now."""
        return self.now - timedelta(hours=hours, seconds=seconds)

    def plays_from(self, timezone: str) -> datetime:
        """Return when the first whole local day of plays begins in the zone."""
        zone = ZoneInfo(timezone)
        local = self.now.astimezone(zone).date() - timedelta(days=self.days)
        return datetime.combine(local, time(), zone).astimezone(UTC)

    def plan_days(self) -> list[datetime]:
        """Return the UTC midnights on which a plan began to be due, today's last."""
        return [
            datetime.combine(self.day(offset), time(), UTC) for offset in range(-self.days - 1, 1)
        ]
