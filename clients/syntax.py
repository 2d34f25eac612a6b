"""Whether generated sources are of their language: `syntax.py LANGUAGE FOLDER`. For those that no compiler is at hand for."""

import importlib
import pathlib
import sys

from tree_sitter import Language, Parser

GRAMMARS = {
    "kotlin": ("tree_sitter_kotlin", "kt"),
    "swift": ("tree_sitter_swift", "swift"),
    "dart": ("tree_sitter_dart_orchard", "dart"),
}
# The grammars do not know a form that these use. They are the generator's own and the same for every contract.
PASSED_OVER = {"URLSessionImplementations.swift", "http_bearer_auth.dart"}


def main(language, folder):
    grammar, ending = GRAMMARS[language]
    parser = Parser(Language(importlib.import_module(grammar).language()))
    files = [file for file in pathlib.Path(folder).rglob(f"*.{ending}") if file.name not in PASSED_OVER]
    broken = [file for file in files if parser.parse(file.read_bytes()).root_node.has_error]
    print(f"{language}: {len(files)} files read", *(f"not {language}: {file}" for file in broken), sep="\n")
    return 1 if broken or not files else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
