-- A row is a macro of this file.
select
    macro,
    parameters,
    gives,
    description
from raw_macros
