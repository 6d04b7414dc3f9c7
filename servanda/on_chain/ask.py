"""`chain query`: one answer, to the operator or to a member, with its proof on wish."""

# A path is shown as it was typed, which `Path` would tidy up.
# ruff: noqa: PTH123

from __future__ import annotations

import argparse
import sys

from servanda.chain.query import Answer, NotForMembers, Question
from servanda.chain.reader import Reader
from servanda.chain.typed import NotOneStep, ReadsState
from servanda.diagnostic_json import JsonValue, write_json
from servanda.excerpt import visible_text
from servanda.exit_status import DONE
from servanda.interpreter.values.show import show_time
from servanda.json_values import to_json
from servanda.node import Node
from servanda.on_chain.look import decimals_of, print_row, row_to_json
from servanda.on_chain.prove import prove_record
from servanda.on_chain.session import CannotTry, reading
from servanda.on_chain.view import Names, about, height_of, who_reads, whole
from servanda.styled_lines import Piece, print_lines
from servanda.value_text import show_value


def chain_query(options: argparse.Namespace) -> int:
    """Answer an expression, a field, a record or a rule, now or at any height."""
    with reading(options) as node:
        names = who_reads(options, node)
        height = height_of(node, options.at)
        try:
            question = Question(options.question, node.ledger.state.machine)
            reader = _reader(node, question, names, height)
            if height != node.ledger.info.height:
                # It is asked of the contracts that ran then.
                question = Question(options.question, reader.machine)
            answer = question.answer(reader)
        except NotOneStep:
            raise CannotTry("this is no single expression", "write `Account[…].balance`") from None
        except (NotForMembers, ReadsState) as cannot:
            raise CannotTry(str(cannot)) from None
        proof = _prove(node, question, height, names, options.proof)
        if options.json:
            write_json(_to_json(node, answer, height, proof), sys.stdout)
        else:
            _print(node, reader, answer, height, proof)
    return DONE


def _reader(node: Node, question: Question, names: Names, height: int) -> Reader:
    return (whole if question.path is None else about)(node, names, height)


def _prove(
    node: Node, question: Question, height: int, names: Names, file_name: str | None
) -> dict[str, JsonValue] | None:
    """Write the proof of the record that was asked for, if it is wanted."""
    if not file_name:
        return None
    path = question.path
    if path is None or len(path.fields) > 1:
        raise CannotTry(
            "a proof is of one record: this is more, or none",
            'ask for a record or one of its fields: `Account["6222-01"].balance`',
        )
    document = prove_record(node, path.record, path.key, height, names)
    with open(file_name, "wb") as file:
        file.write(document)
    return {"file": file_name, "bytes": len(document)}


def _to_json(
    node: Node, answer: Answer, height: int, proof: dict[str, JsonValue] | None
) -> dict[str, JsonValue]:
    """Return the answer: `record` has the fields where the value is a record, else it is null."""
    decimals, row = decimals_of(node), answer.row
    return {
        "height": height,
        "time": show_time(_time_ms(node, height)),
        "value": to_json(answer.value, answer.type, decimals),
        "record": None if row is None else row_to_json(row, decimals),
        "proof": proof,
    }


def _time_ms(node: Node, height: int) -> int:
    return node.store.header(height).time_ms if height else node.genesis.time_ms


def _print(
    node: Node, reader: Reader, answer: Answer, height: int, proof: dict[str, JsonValue] | None
) -> None:
    decimals = decimals_of(node)
    value = visible_text(show_value(answer.value, answer.type, decimals))
    at = Piece(f"  at block {height:,}, {show_time(_time_ms(node, height))}", "quiet")
    print_lines([[Piece(value, "title"), at]], sys.stdout)
    if answer.row is not None:
        print_row(answer.row, reader.machine, decimals)
    if proof is not None:
        command = f"servanda verify {proof['file']} --genesis {node.ledger.chain.hex()}"
        print_lines([[Piece("check it with: ", "help"), Piece(command)]], sys.stdout)
