"""Where each column comes from, read from the SQL that makes it and written nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from displacement.build.models import Model, parsed
from displacement.catalogue import Catalogue
from displacement.errors import DisplacementError


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """A column of a table and one column it is computed from."""

    table_name: str
    column_name: str
    source_table: str
    source_column: str


def column_lineage(
    models: Mapping[str, Model],
    catalogue: Catalogue,
    sources: Mapping[str, tuple[str, ...]],
) -> list[Step]:
    """Return every step from a column of a model to a column of the tables it reads, sorted.

    Args:
        models: the models, by name.
        catalogue: gives the columns of each model.
        sources: the columns of each source (`raw_…`) the models read.

    Returns:
        One step for each pair; a column computed from constants alone has none.

    Raises:
        DisplacementError: a model names a column that none of the tables it reads has.
    """
    columns = {**sources, **{name: table.column_names for name, table in catalogue.tables.items()}}
    schema = {name: dict.fromkeys(names, "unknown") for name, names in columns.items()}
    return sorted(step for model in models.values() for step in _steps_of(model, catalogue, schema))


def _steps_of(model: Model, catalogue: Catalogue, schema: dict[str, Any]) -> set[Step]:
    from sqlglot.errors import SqlglotError
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope
    from sqlglot.schema import MappingSchema

    read = MappingSchema({name: schema[name] for name in model.reads}, dialect="duckdb")
    try:
        tree = qualify(parsed(model.sql, model.path).copy(), schema=read, dialect="duckdb", identify=False)
    except SqlglotError as error:
        raise DisplacementError(f"The model {model.path} names what no table it reads has: {error}.") from error
    scope = build_scope(tree)
    steps = set()
    for described in catalogue.tables[model.name].columns:
        column = described.name
        if described.name_of:
            steps.add(Step(model.name, column, "countries", "name"))
            continue
        root = lineage(column, tree, schema=read, dialect="duckdb", scope=scope, trim_selects=False, copy=False)
        steps |= {
            Step(model.name, column, *_origin(node)) for node in root.walk() if not node.downstream and _is_table(node)
        }
    return steps


def _is_table(node: Any) -> bool:
    from sqlglot import expressions

    return isinstance(node.expression, expressions.Table)


def _origin(node: Any) -> tuple[str, str]:
    return node.expression.name, node.name.split(".")[-1].strip('"')
