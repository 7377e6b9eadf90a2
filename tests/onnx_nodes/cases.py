"""The node tests of the `onnx` package as models of one operator with recorded answers.

Every case is published at the newest version of its operator. `older()` states the same call at
earlier versions too, where that means the same: either the signature did not change but for types,
or what is an input now was an attribute then.
"""
# SPDX-License-Identifier: Apache-2.0
import collections
import copy
import dataclasses
import warnings

import numpy
import onnx
import onnx.checker
import onnx.defs
import onnx.helper
import onnx.numpy_helper

OLDEST = 7  # the first operator set mle reads

# What became an input in this version was this attribute before, by place of the input.
MOVED = {
    ("Clip", 11): {1: "min", 2: "max"},
    ("Dropout", 12): {1: "ratio"},
    ("Pad", 11): {1: "pads", 2: "value"},
    ("Slice", 10): {1: "starts", 2: "ends", 3: "axes"},
    ("Split", 13): {1: "split"},
    ("Squeeze", 13): {1: "axes"},
    ("TopK", 10): {1: "k"},
    ("Unsqueeze", 13): {1: "axes"},
    ("ReduceSum", 13): {1: "axes"},
}
for _name in ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "SumSquare"):
    MOVED["Reduce" + _name, 18] = {1: "axes"}

# The same call means something else before this version.
CHANGED = {("Softmax", 13), ("LogSoftmax", 13), ("Hardmax", 13), ("GroupNormalization", 21),
           ("Resize", 11), ("Resize", 18), ("OneHot", 11), ("BatchNormalization", 14), ("Upsample", 9),
           ("Cast", 9), ("Scan", 9), ("DFT", 20), ("AveragePool", 19), ("GridSample", 20)}


@dataclasses.dataclass
class Case:
    name: str
    operator: str  # with its domain, where that is not the default one
    version: int   # of the operator set
    model: onnx.ModelProto
    inputs: dict   # name to array (or to what else a case takes)
    outputs: dict
    rtol: float
    atol: float
    kind: str      # "own", "expanded" (the function body of an operator), "older"

    def outside(self):
        values = [*self.model.graph.input, *self.model.graph.output]
        return any(v.type.WhichOneof("value") != "tensor_type" or v.type.tensor_type.elem_type not in TYPES
                   for v in values)


# The element types a .mle file knows; a case with another one, or with a sequence, lies outside.
TYPES = {onnx.TensorProto.DataType.Value(name) for name in (
    "FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16", "BOOL", "STRING", "INT8", "UINT8", "INT16", "UINT16", "INT32",
    "UINT32", "INT64", "UINT64")}


def plain_name(node):
    return node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"


def as_array(value):
    return onnx.numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value


def published(wanted):
    """All cases, or those of the operators in `wanted`."""
    warnings.filterwarnings("ignore")  # overflows that cases provoke on purpose
    from onnx.backend.test.case.node import collect_testcases
    owner = {}
    for found in collect_testcases(None):
        expanded = "_expanded" in found.name
        operator = owner.get(found.name.split("_expanded")[0]) if expanded else None
        operator = operator or plain_name(found.model.graph.node[0])
        owner[found.name] = operator
        if wanted and operator not in wanted:
            continue
        domain = "" if expanded else found.model.graph.node[0].domain
        wanted_set = next(o for o in found.model.opset_import if o.domain == domain)
        if not expanded and domain == "" and wanted_set.version < OLDEST:
            if onnx.defs.get_schema(operator, OLDEST).since_version == wanted_set.version:
                wanted_set.version = OLDEST  # the operator has not changed in between
        version = wanted_set.version
        taken, given = found.data_sets[0]
        yield Case(found.name, operator, version, found.model,
                   dict(zip((i.name for i in found.model.graph.input), map(as_array, taken))),
                   dict(zip((o.name for o in found.model.graph.output), map(as_array, given))),
                   found.rtol, found.atol, "expanded" if expanded else "own")


def constant_names(case, places):
    """The inputs at these places of the case's node."""
    node = case.model.graph.node[0]
    return [node.input[p] for p in places if p < len(node.input) and node.input[p] in case.inputs]


def with_constants(case, names):
    """The case with these inputs as constants, as models have them."""
    names = [n for n in names if n in case.inputs]
    if not names:
        return case
    made = dataclasses.replace(case, model=copy.deepcopy(case.model), inputs=dict(case.inputs))
    graph = made.model.graph
    for name in names:
        value = made.inputs.pop(name)
        graph.initializer.append(onnx.numpy_helper.from_array(numpy.asarray(value), name))
    kept = [i for i in graph.input if i.name not in names]
    del graph.input[:]
    graph.input.extend(kept)
    return made


def signatures():
    """By operator of the default domain: version to what a node of that version may look like."""
    found = collections.defaultdict(dict)
    for schema in onnx.defs.get_all_schemas_with_history():
        if schema.domain == "":
            found[schema.name][schema.since_version] = schema
    return found


def calls_the_same(node, new, old):
    """Whether the node, good at `new`, says the same to `old`: looks at attributes and inputs."""
    given = {a.name for a in node.attribute}
    if not given <= set(old.attributes):
        return False
    for name, attribute in old.attributes.items():
        if name not in given and (name not in new.attributes or attribute.default_value !=
                                  new.attributes[name].default_value):
            # An attribute without a default that nobody gives is no difference.
            if attribute.required or attribute.default_value.ByteSize() > 0 or name in new.attributes:
                return False
    return len(node.input) <= old.max_input and len(node.output) <= old.max_output


def moved_to_attributes(case, moves):
    """The case with inputs turned into attributes, or None where a value is not known."""
    made = dataclasses.replace(case, model=copy.deepcopy(case.model), inputs=dict(case.inputs))
    graph = made.model.graph
    node = graph.node[0]
    for place in sorted(moves, reverse=True):
        if place >= len(node.input):
            continue
        name = node.input[place]
        del node.input[place:]
        if not name:
            continue
        value = numpy.asarray(made.inputs.pop(name))
        plain = value.item() if value.ndim == 0 or moves[place] == "k" else value.tolist()
        node.attribute.append(onnx.helper.make_attribute(
            moves[place], plain, attr_type=None if plain != [] else onnx.AttributeProto.INTS))
        kept = [i for i in graph.input if i.name != name]
        del graph.input[:]
        graph.input.extend(kept)
    return made


def has_negative_axis(node):
    return any(a.name in ("axis", "axes") and min([a.i, *a.ints]) < 0 for a in node.attribute)


def is_good(model):
    try:
        onnx.checker.check_model(model, full_check=True)
        return True
    except Exception:  # of half a dozen classes
        return False


def older(case, history):
    """The case at the lowest version of every earlier signature that takes it."""
    node = case.model.graph.node[0]
    if case.kind != "own" or node.domain or case.version not in history.get(node.op_type, {}):
        return
    schemas = history[node.op_type]
    at, now, pending = case.version, case, None
    for version in sorted((v for v in schemas if v < case.version), reverse=True):
        if version < OLDEST or (node.op_type, at) in CHANGED:
            break
        moves = MOVED.get((node.op_type, at))
        if moves and any(p < len(node.input) and node.input[p] for p in moves):
            if pending:
                yield pending
                pending = None
            now = moved_to_attributes(now, moves)
        node = now.model.graph.node[0]
        if version < 11 and has_negative_axis(node):
            break
        if not calls_the_same(node, schemas[at], schemas[version]):
            break
        model = copy.deepcopy(now.model)
        del model.opset_import[:]
        model.opset_import.append(onnx.helper.make_opsetid("", version))
        at = version
        if not is_good(model):
            continue  # a type that came later
        pending = dataclasses.replace(now, name=f"{case.name}_at_{version}", version=version,
                                      model=model, kind="older")
        now = pending
    if pending:
        yield pending


def as_rows(case):
    """The case with a free first axis, or None where its inputs do not share one."""
    inputs = case.model.graph.input
    if not inputs or not all(isinstance(v, numpy.ndarray) and v.ndim > 0 for v in case.inputs.values()):
        return None
    counts = {v.shape[0] for v in case.inputs.values()}
    if len(counts) != 1 or 0 in counts:
        return None
    made = dataclasses.replace(case, name=case.name + "_rows", model=copy.deepcopy(case.model))
    for value in made.model.graph.input:
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    for value in made.model.graph.output:
        value.type.tensor_type.ClearField("shape")
    return made
