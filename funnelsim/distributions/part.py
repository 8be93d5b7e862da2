"""What every part of a scenario is: frozen data with keys of its own, and values that can grow."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from funnelsim.fields import documented
from funnelsim.kinds import Kind, mark_of

Limits = tuple[Any, Any]  # numbers or None: the least and the largest that others leave to it


class Part(BaseModel):
    """Part of a scenario: frozen, and with no keys but its own.

    The docstring below a field is what the scenario says of it: in `fs.parameters`, in `help` of
    the part, in an editor. `section` is the section of docs/model.md that defines the fields.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)
    section: ClassVar[str] = "A scenario file"

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        documented(cls)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self  # frozen: a copy could not differ

    def there(self) -> Collection[str]:
        """The names of its fields that have a meaning beside the others that are given."""
        return type(self).model_fields

    def limits(self) -> dict[str, Limits]:
        """What other fields leave to a number: by its name, or the path to it from here."""
        return {}

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        fields = type(self).model_fields  # named as in a file
        return ((fields[name].alias or name, getattr(self, name)) for name in fields)

    def __reduce__(self) -> tuple[Any, ...]:
        return _part, (type(self), self.model_dump(exclude_defaults=True))


def _part(kind: type[Part], tables: dict[str, Any]) -> Part:
    """A part from its tables, as pickle makes it again."""
    return kind(**tables)


PartT = TypeVar("PartT", bound=Part)


def times(part: PartT, factor: float) -> PartT:
    """The part with all its values multiplied by a factor, each within the limits of its kind.

    What a field becomes is said by its annotation (`Kind.power`): a rate is divided, a shape stays.
    """
    changed = {
        name: _times(value, mark_of(type(part), name, Kind), factor)
        for name in type(part).model_fields
        if (value := getattr(part, name)) is not None
    }
    return part.model_copy(update=changed)


def _times(value: Any, kind: Kind | None, factor: float) -> Any:
    if isinstance(value, tuple):
        return tuple(_times(entry, kind, factor) for entry in value)
    if isinstance(value, Part):
        return times(value, factor)
    return value if kind is None else kind.times(value, factor)
