"""What operators, conversions and readers of text become in Python, as expressions to fill in."""

from __future__ import annotations

from servanda.interpreter.model import Builtin, Conversion, Operation

OPERATIONS = {
    Operation.ADD_INT: "check_int({0} + {1})",
    Operation.SUBTRACT_INT: "check_int({0} - {1})",
    Operation.MULTIPLY_INT: "check_int({0} * {1})",
    Operation.ADD_DECIMAL: "add({0}, {1})",
    Operation.SUBTRACT_DECIMAL: "subtract({0}, {1})",
    Operation.MULTIPLY_DECIMAL: "multiply({0}, {1})",
    Operation.DIVIDE_DECIMAL: "divide({0}, {1})",
    Operation.ADD_AMOUNT: "check_amount({0} + {1})",
    Operation.SUBTRACT_AMOUNT: "check_amount({0} - {1})",
    Operation.MULTIPLY_AMOUNT: "check_amount({0} * {1})",
    Operation.ADD_TIME: "check_time({0} + {1})",
    Operation.SUBTRACT_TIME: "check_time({0} - {1})",
    Operation.ADD_DURATION: "check_duration({0} + {1})",
    Operation.SUBTRACT_DURATION: "check_duration({0} - {1})",
    Operation.MULTIPLY_DURATION: "check_duration({0} * {1})",
    Operation.ADD_DATE: "add_duration_to_date({0}, {1})",
    Operation.SUBTRACT_DATE: "add_duration_to_date({0}, -{1})",
    Operation.DATE_DIFFERENCE: "(({0} - {1}) * 86400000)",
    Operation.TIME_DIFFERENCE: "({0} - {1})",
    Operation.ADD_MONTHS_DATE: "add_months({0}, {1})",
    Operation.SUBTRACT_MONTHS_DATE: "add_months({0}, -{1})",
    Operation.ADD_MONTHS_TIME: "add_months_to_time({0}, {1}, zone)",
    Operation.SUBTRACT_MONTHS_TIME: "add_months_to_time({0}, -{1}, zone)",
}

CONVERSIONS = {
    Conversion.INT_TO_DECIMAL: "decimal_from_int({0})",
    Conversion.AMOUNT_TO_UNROUNDED: "decimal_from_int({0})",
    Conversion.LIST_TO_SET: "set_of_list(c, {0})",
    Conversion.DATE_TO_TIME: "instant({0}, 0, zone)",
    Conversion.TEXT_TO_HASH: "hash_of_text({0})",
    Conversion.SEAL: "ToSeal({0})",
}

PARSERS = {
    Builtin.PARSE_INT: "parse_int",
    Builtin.PARSE_DECIMAL: "parse_decimal",
    Builtin.PARSE_DATE: "parse_date",
    Builtin.PARSE_TIME: "parse_time",
    Builtin.PARSE_BOOL: "parse_bool",
}
