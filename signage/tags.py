"""Tags: short words that people put on screens and contents to find them again."""

from signage.errors import FieldError

TAGS_MAX = 50
TAG_MAX_CHARS = 100


def errors_in(tags: list[str]) -> list[FieldError]:
    """Return what is wrong with the tags: too many, an empty one, or one that is too long."""
    if len(tags) > TAGS_MAX:
        return [FieldError("/tags", "too_many_tags", f"At most {TAGS_MAX} tags.")]
    if any(not 1 <= len(tag.strip()) <= TAG_MAX_CHARS for tag in tags):
        return [FieldError("/tags", "invalid_tag", f"A tag has 1 to {TAG_MAX_CHARS} characters.")]
    return []
