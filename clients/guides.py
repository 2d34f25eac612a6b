"""Takes a guide's code out of its page: `guides.py LANGUAGE PAGE FOLDER`. One file, as the pieces of a page belong together."""

import pathlib
import sys

ENDINGS = {"kotlin": "kt", "swift": "swift", "dart": "dart"}


def main(language, page, folder):
    text = pathlib.Path(page).read_text(encoding="utf-8")
    pieces = [rest.split("```")[0] for rest in text.split(f"```{language}\n")[1:]]
    if not pieces:
        return f"{page}: no {language}"
    pathlib.Path(folder).mkdir(parents=True)
    (pathlib.Path(folder) / f"Guide.{ENDINGS[language]}").write_text("\n".join(pieces), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
