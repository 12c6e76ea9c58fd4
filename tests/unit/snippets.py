# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds every piece of YAML and every command that users copy, and says what is wrong with it without running it."""

from __future__ import annotations

import contextlib
import importlib
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import yaml
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.playbook.block import Block
from ansible.playbook.task import Task

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.item import ItemReader

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "threatops.falcon."
TEMPLATE = re.compile(r"{{|{%")
# One value of each type, to stand for a template whose value only a run knows.
SOME = {
    "str": "text",
    "int": 1,
    "float": 1.0,
    "bool": True,
    "list": [],
    "dict": {},
    "path": "file",
    "raw": "text",
}
# Keys of a task that are not its module.
KEYWORDS = {*Task.fattributes, *Block.fattributes, "listen"}
NESTED = ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks", "handlers")


class AnsibleYaml(yaml.SafeLoader):
    """YAML with the tags that Ansible adds."""


for tag in ("!unsafe", "!vault"):
    AnsibleYaml.add_constructor(tag, yaml.SafeLoader.construct_scalar)


@dataclass(frozen=True)
class Snippet:
    """A YAML text and where it stands."""

    place: str
    text: str


def examples() -> list[Snippet]:
    """EXAMPLES of every module and inventory plugin."""
    files = [*ROOT.glob("plugins/modules/*.py"), *ROOT.glob("plugins/inventory/*.py")]
    return [
        Snippet(f"EXAMPLES of {path.stem}", variables["EXAMPLES"])
        for path in sorted(files)
        if path.stem != "__init__" and "EXAMPLES" in (variables := _constants(path))
    ]


def documents() -> list[Snippet]:
    """The YAML blocks of README, role READMEs and guides, and the example files."""
    found = [
        Snippet(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
        for path in sorted([*ROOT.glob("docs/examples/**/*.yml"), *ROOT.glob("playbooks/*.yml")])
    ]
    for path in sorted(
        [*ROOT.glob("*.md"), *ROOT.glob("roles/*/README.md"), *ROOT.glob("tests/*/README.md")]
    ):
        blocks = re.findall(
            r"^```ya?ml[^\n]*\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
        found += [
            Snippet(f"{path.relative_to(ROOT)}, block {number}", text)
            for number, text in enumerate(blocks, 1)
        ]
    directive = re.compile(
        r"^( *)\.\. code-block:: (?:yaml\+jinja|yaml)\n((?:\1 +[^\n]*\n|\s*\n)+)", re.MULTILINE
    )
    for path in sorted(ROOT.glob("docs/docsite/rst/*.rst")):
        for number, (_indent, body) in enumerate(
            directive.findall(path.read_text(encoding="utf-8") + "\n"), 1
        ):
            if ":caption: wrong." in body:  # wrong on purpose, to show what is said then
                continue
            lines = [
                line
                for line in body.splitlines()
                if not line.strip().startswith((":caption:", ":emphasize-lines:"))
            ]
            margin = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
            found.append(
                Snippet(
                    f"{path.relative_to(ROOT)}, block {number}", "\n".join(line[margin:] for line in lines)
                )
            )
    return found


def commands() -> list[Snippet]:
    """The console blocks of README, other documents and guides, each line of them a command."""
    found = []
    for path in sorted(
        [*ROOT.glob("*.md"), *ROOT.glob("roles/*/README.md"), *ROOT.glob("tests/*/README.md")]
    ):
        blocks = re.findall(
            r"^```(?:console|shell)\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
        found += [
            Snippet(f"{path.relative_to(ROOT)}, commands {n}", text) for n, text in enumerate(blocks, 1)
        ]
    directive = re.compile(r"^\.\. code-block:: (?:console|shell)\n((?: +[^\n]*\n|\s*\n)+)", re.MULTILINE)
    for path in sorted(ROOT.glob("docs/docsite/rst/*.rst")):
        bodies = directive.findall(path.read_text(encoding="utf-8") + "\n")
        found += [
            Snippet(f"{path.relative_to(ROOT)}, commands {n}", text) for n, text in enumerate(bodies, 1)
        ]
    return found


def command_problems(snippet: Snippet) -> list[str]:
    """What a shell, or what it starts, would refuse: playbooks, plugins, variables, options, targets, files."""
    text = snippet.text.replace("\\\n", " ")
    prompted = any(line.lstrip().startswith("$ ") for line in text.splitlines())
    found = []
    for line in map(str.strip, text.splitlines()):
        # In a block with prompts, a line without one is what was printed.
        if line and (line.startswith("$ ") or not prompted):
            found += list(_check_command(shlex.split(line.removeprefix("$ "), comments=True)))
    return found


def _check_command(words: list[str]) -> Iterator[str]:
    program, *arguments = words
    for word in arguments:
        if word.startswith(COLLECTION):
            name = word.removeprefix(COLLECTION)
            places = {
                "ansible-playbook": ["playbooks/{}.yml"],
                "ansible-doc": ["plugins/modules/{}.py", "plugins/inventory/{}.py", "roles/{}"],
            }.get(program, ["plugins/modules/{}.py"])
            if not any((ROOT / place.format(name)).exists() for place in places):
                yield f"{program} would not find {word}"
        if word.startswith(("tests/", "scripts/", "docs/")) and not any(ROOT.glob(word)):
            yield f"there is no file {word}"
    if program == "ansible-playbook":
        for option, value in zip(arguments, arguments[1:]):
            if option == "-e" and "=" in value:
                yield from _check_variables({value.partition("=")[0]: ""})
    elif program == "ansible" and "-m" in arguments:
        module = arguments[arguments.index("-m") + 1].removeprefix(COLLECTION)
        given = arguments[arguments.index("-a") + 1] if "-a" in arguments else ""
        yield from check_module(module, dict(pair.split("=", 1) for pair in shlex.split(given)))
    elif program == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        targets = [word for word in arguments if "=" not in word]
        yield from (f"make has no target {t}" for t in targets if not re.search(rf"^{t}:", makefile, re.M))
    elif any(word.endswith("tests/simulator") for word in arguments):
        server = (ROOT / "tests" / "simulator" / "server.py").read_text(encoding="utf-8")
        options = [word for word in arguments if word.startswith("--")]
        yield from (f"the simulator has no option {o}" for o in options if f'"{o}"' not in server)


def _constants(path: Path) -> Mapping[str, str]:
    """DOCUMENTATION, EXAMPLES and RETURN of a plugin, read and not run."""
    pattern = re.compile(r'^([A-Z]+) = r?(?:"""|\'\'\')\n?(.*?)(?:"""|\'\'\')', re.MULTILINE | re.DOTALL)
    return dict(pattern.findall(path.read_text(encoding="utf-8")))


def problems(snippet: Snippet) -> list[str]:
    """What a run would refuse: unknown modules, options, choices, role variables, fields of indicators."""
    try:
        parsed = list(yaml.load_all(snippet.text, AnsibleYaml))
    except yaml.YAMLError as problem:
        return [f"this is not YAML: {problem}"]
    return [problem for document in parsed for problem in _check(document)]


def tasks(snippet: Snippet) -> Iterator[tuple[str, Any]]:
    """Every use of a module or role of this collection: its name and what it is given."""
    for document in yaml.load_all(snippet.text, AnsibleYaml):
        yield from _tasks(document)


def _tasks(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, list):
        for element in node:
            yield from _tasks(element)
    elif isinstance(node, dict):
        for key, value in node.items():
            if isinstance(key, str) and key.startswith(COLLECTION):
                yield key.removeprefix(COLLECTION), value
        for key in NESTED:
            yield from _tasks(node.get(key))


def _check(node: Any, tasks_only: bool = False) -> Iterator[str]:
    if isinstance(node, list):
        for element in node:
            yield from _check(element, tasks_only)
    elif isinstance(node, dict):
        if tasks_only or "block" in node or any(isinstance(key, str) and key.count(".") == 2 for key in node):
            yield from _check_task(node)
        elif "plugin" in node:
            yield from _check_inventory(node)
        elif "hosts" in node and not isinstance(node["hosts"], dict):
            yield from _check_play(node)
        else:
            yield from _check_variables(node)


def _check_play(play: Mapping[str, Any]) -> Iterator[str]:
    for key in NESTED:
        yield from _check(play.get(key), tasks_only=True)
    for role in play.get("roles") or []:
        given = role if isinstance(role, dict) else {"role": role}
        name = given.get("role") or given.get("name")
        yield from _check_role(
            name, {**given.get("vars", {}), **{k: v for k, v in given.items() if k not in ("role", "name")}}
        )
    yield from _check_defaults(play.get("module_defaults"))
    yield from _check_variables(play.get("vars") or {})


def _check_task(task: Mapping[str, Any]) -> Iterator[str]:
    for key in NESTED:
        yield from _check(task.get(key), tasks_only=True)
    yield from _check_defaults(task.get("module_defaults"))
    modules = [key for key in task if key not in KEYWORDS and not key.startswith("with_")]
    if "block" in task:
        return
    if len(modules) != 1:
        yield f"a task with {len(modules)} modules: {modules}"
        return
    (module,) = modules
    if module.count(".") < 2:
        yield f"{module} is not a fully qualified name"
    elif module.startswith(COLLECTION):
        yield from check_module(module.removeprefix(COLLECTION), task[module] or {})
    elif module in ("ansible.builtin.include_role", "ansible.builtin.import_role"):
        yield from _check_role(task[module]["name"], task.get("vars") or {})


def _check_defaults(defaults: Mapping[str, Any] | None) -> Iterator[str]:
    for target, options in (defaults or {}).items():
        if target == f"group/{COLLECTION}falcon":
            known, _constraints = argument_spec("falcon_iocs")
            yield from (
                f"{target}: there is no option {name}" for name in options if name not in _names(known)
            )
        elif target.startswith(COLLECTION):
            known, _constraints = argument_spec(target.removeprefix(COLLECTION))
            yield from (
                f"{target}: there is no option {name}" for name in options if name not in _names(known)
            )
        elif target.startswith("group/"):
            yield f"there is no action group {target}"


def _names(spec: Mapping[str, Any]) -> set[str]:
    return set(spec) | {alias for option in spec.values() for alias in option.get("aliases", [])}


def check_module(name: str, given: Mapping[str, Any]) -> Iterator[str]:
    """Validate the options of one task as the module itself would."""
    if not (ROOT / "plugins" / "modules" / f"{name}.py").exists():
        yield f"there is no module {COLLECTION}{name}"
        return
    spec, constraints = argument_spec(name)
    # Options that the environment may give are no fault of an example: fallbacks are left out.
    options = {option: {k: v for k, v in known.items() if k != "fallback"} for option, known in spec.items()}
    result = ArgumentSpecValidator(options, **constraints).validate(_without_templates(given, options))
    yield from (f"{name}: {message}" for message in result.error_messages)
    items = given.get("iocs", given.get("indicators"))
    if isinstance(items, list) and name == "falcon_iocs":
        yield from _check_items(
            items, given.get("defaults"), given.get("defaults_by_type"), str(given.get("source") or "")
        )


def _without_templates(given: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """The same options with a plausible value in place of every template."""
    aliases = {alias: name for name, option in spec.items() for alias in option.get("aliases", [])}
    return {name: _filled(value, spec.get(aliases.get(name, name), {})) for name, value in given.items()}


def _filled(value: Any, option: Mapping[str, Any]) -> Any:
    inner = option.get("options")
    if isinstance(value, str) and TEMPLATE.search(value):
        return option["choices"][0] if option.get("choices") else SOME[option.get("type", "str")]
    if isinstance(value, dict) and inner:
        return _without_templates(value, inner)
    if isinstance(value, list):
        element = {**option, "type": option.get("elements", "str")}
        return [_filled(one, element) for one in value]
    return value


@cache
def argument_spec(name: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The options of a module and what binds them, as its main() hands them to AnsibleModule."""

    class Seen(Exception):
        pass

    seen: dict[str, Any] = {}

    def look(_self: AnsibleModule, argument_spec: Mapping[str, Any], **more: Any) -> None:
        seen.update(more, argument_spec=argument_spec)
        raise Seen

    module = importlib.import_module(f"ansible_collections.{COLLECTION}plugins.modules.{name}")
    with mock.patch.object(AnsibleModule, "__init__", look), contextlib.suppress(Seen):
        module.main()
    constraints = ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")
    return seen["argument_spec"], {key: seen[key] for key in constraints if seen.get(key)}


@cache
def role_variables(name: str) -> Mapping[str, Any]:
    """The options of a role's main entry point."""
    specs = yaml.safe_load(
        (ROOT / "roles" / name / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    )
    found = {
        option: known
        for entry in specs["argument_specs"].values()
        for option, known in (entry.get("options") or {}).items()
    }
    # Ansible would copy every item of it: the module checks it, and the spec describes it in its text.
    unvalidated = {"falcon_iocs": {"type": "raw"}} if "falcon_ioc_files" in found else {}
    return {**unvalidated, **found}


def _check_role(name: Any, given: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(name, str) or not name.startswith(COLLECTION):
        return
    role = name.removeprefix(COLLECTION)
    if not (ROOT / "roles" / role).is_dir():
        yield f"there is no role {name}"
        return
    known = role_variables(role)
    yield from (
        f"role {name}: there is no variable {variable}"
        for variable in given
        if variable.startswith((f"{role}_", "falcon_")) and variable not in known
    )
    yield from _check_variables(given)


def _check_variables(variables: Mapping[str, Any]) -> Iterator[str]:
    """Variables that users set: those with a prefix of ours are known, and lists of indicators are valid."""
    known = {
        name
        for path in ROOT.glob("roles/*/meta/argument_specs.yml")
        for name in role_variables(path.parent.parent.name)
    }
    for playbook in ROOT.glob("playbooks/*.yml"):
        known.update(re.findall(r"\bfalcon_ioc_\w+", playbook.read_text(encoding="utf-8")))
    roles = tuple(f"{path.name}_" for path in ROOT.glob("roles/*") if path.is_dir())
    for name, value in variables.items():
        if not isinstance(name, str):
            continue
        if roles and name.startswith(("falcon_ioc", *roles)) and name not in known:
            yield f"no role has a variable {name}"
        if name == "falcon_iocs":
            lists = value.values() if isinstance(value, dict) else [value]
            for items in lists:
                if isinstance(items, list):
                    defaults = variables.get("falcon_ioc_defaults")
                    yield from _check_items(items, defaults, variables.get("falcon_ioc_defaults_by_type"), "")


def _check_items(items: list[Any], defaults: Any, by_type: Any, owner: str) -> Iterator[str]:
    reader = ItemReader(
        defaults if isinstance(defaults, dict) else {}, by_type if isinstance(by_type, dict) else {}, owner
    )
    for index, item in enumerate(items):
        if not _has_template(item):
            read = reader.read(item, index)
            if read.problem:
                yield f"item {index}: {read.problem}"


def _has_template(node: Any) -> bool:
    if isinstance(node, dict):
        return any(_has_template(value) for value in node.values())
    if isinstance(node, list):
        return any(_has_template(value) for value in node)
    return isinstance(node, str) and bool(TEMPLATE.search(node))


def _check_inventory(node: Mapping[str, Any]) -> Iterator[str]:
    name = str(node["plugin"])
    if not name.startswith(COLLECTION):
        return
    path = ROOT / "plugins" / "inventory" / f"{name.removeprefix(COLLECTION)}.py"
    if not path.exists():
        yield f"there is no inventory plugin {name}"
        return
    documentation = yaml.safe_load(_constants(path)["DOCUMENTATION"])
    options = dict(documentation.get("options") or {})
    for fragment in documentation.get("extends_documentation_fragment", []):
        options.update(fragment_options(fragment))
    yield from (f"{name}: there is no option {option}" for option in node if option not in _names(options))


def fragment_options(fragment: str) -> Mapping[str, Any]:
    """The options that a documentation fragment brings, its own and Ansible's."""
    prefix, _dot, rest = fragment.rpartition(COLLECTION)
    if _dot:
        module_name, _dot, part = rest.partition(".")
        module = importlib.import_module(
            f"ansible_collections.{COLLECTION}plugins.doc_fragments.{module_name}"
        )
    else:
        module_name, _dot, part = prefix.partition(".") if prefix else rest.partition(".")
        module = importlib.import_module(f"ansible.plugins.doc_fragments.{module_name}")
    text = getattr(module.ModuleDocFragment, (part or "DOCUMENTATION").upper())
    return yaml.safe_load(text).get("options") or {}
