// The texts of all rules.
// SPDX-License-Identifier: Apache-2.0
#include "format/rules.h"

#include <algorithm>
#include <cctype>

namespace mle::format {
namespace {

using namespace rule;

constexpr const char* kFetchAgain = "Fetch the file again, or convert the source model again.";
constexpr const char* kConvertAgain =
    "Convert the source model again; a file of an unchanged converter that is refused here is a "
    "bug "
    "worth reporting.";
constexpr const char* kNewerMle = "Use a newer mle, or convert the model for this version.";

constexpr RuleText kRules[] = {
    // Header
    {V01_FileTooShort, "V01", "file too short", "A .mle file begins with a header of 128 bytes.",
     kFetchAgain},
    {V02_Magic, "V02", "not a .mle file", "The first eight bytes are 89 4D 4C 45 0D 0A 1A 0A.",
     "Give a .mle file; a source model must be converted with mle-convert first. If it is one, it "
     "was damaged by a text-mode transfer: fetch it again as binary."},
    {V03_Major, "V03", "other format version",
     "The format's major version is the one this library reads.", kNewerMle},
    {V04_EntrySizes, "V04", "header sizes",
     "The header states its own size, 128, and that of a directory entry, 96.", kFetchAgain},
    {V05_FileSize, "V05", "file size", "The size stated in the header is the size of the file.",
     "The file was cut off or something was appended: fetch it again."},
    {V06_RequiredFeatures, "V06", "unknown required feature",
     "Every feature the file needs is known to this library.", kNewerMle},
    {V07_HeaderReserved, "V07", "reserved bytes", "Reserved bytes are zero.", kFetchAgain},
    {V08_Directory, "V08", "directory",
     "There are at most 64 segments and the directory lies inside the file.", kFetchAgain},
    {V09_HeaderSum, "V09", "header checksum",
     "The checksum of header and directory is the stated one.", kFetchAgain},
    // Regions
    {V10_RegionOutside, "V10", "region outside the file",
     "The program and every segment lie inside the file.", kFetchAgain},
    {V11_ProgramPlace, "V11", "place of the program",
     "The program follows the directory, at a multiple of 64, and has at least 16 bytes.",
     kFetchAgain},
    {V12_SegmentPlace, "V12", "place of a segment",
     "Segments lie in ascending order without overlap, at a multiple of their alignment, which is "
     "a "
     "power of two from 64 to 65536.",
     kFetchAgain},
    {V13_Gap, "V13", "gap", "Bytes between two regions are zero and fewer than 65536.",
     kFetchAgain},
    {V14_End, "V14", "end of file", "The last region ends where the file ends.", kFetchAgain},
    {V15_SegmentFlags, "V15", "segment flags",
     "A segment has no flags and its reserved bytes are zero.", kFetchAgain},
    {V16_UnknownSegment, "V16", "unknown segment",
     "Every segment kind that begins with a capital letter is known to this library.", kNewerMle},
    {V17_Sum, "V17", "checksum",
     "The checksum of the program, and of every segment that is read at load, is the stated one.",
     kFetchAgain},
    {V18_ProgramTooLarge, "V18", "program too large",
     "The program is at most 16 MiB, or what LoadOptions::max_program_bytes allows up to 256 MiB.",
     "Raise LoadOptions::max_program_bytes if you trust the file."},
    // FlatBuffer
    {V20_ProgramOverflow, "V20", "program overflow",
     "The program is smaller than 2 GiB, the most a FlatBuffer can hold.", kFetchAgain},
    {V21_ProgramCopy, "V21", "alignment of the copy",
     "The block an allocator returns has the alignment that was asked for.",
     "Mend the allocator in LoadOptions::allocator."},
    {V22_Identifier, "V22", "program identifier",
     "The program carries the FlatBuffers identifier MLEP.", kConvertAgain},
    {V23_Structure, "V23", "structure of the program",
     "The program is a well-formed FlatBuffer of the schema and holds one model.", kConvertAgain},
    {V24_Strings, "V24", "strings",
     "The string pool is cut into UTF-8 strings without zero bytes; names have no control "
     "characters.",
     kConvertAgain},
    {V25_StringIndex, "V25", "string index", "Every string index is inside the pool.",
     kConvertAgain},
    // Tensors
    {V30_Dims, "V30", "dims",
     "A tensor has at most 8 dims of 1 to 16777216 each, and at most 1 TiB in all.", kConvertAgain},
    {V31_TensorBytes, "V31", "size of a tensor",
     "The bytes a tensor states are those its dims, dtype and layout need.", kConvertAgain},
    {V32_Enum, "V32", "unknown value",
     "Every enumerated field holds a value the schema names, every flag field is zero.",
     kConvertAgain},
    {V33_Layout, "V33", "layout",
     "A layout fits the tensor's dtype, rank and place, and its feature bit is set in the header.",
     kConvertAgain},
    {V34_ConstantPlace, "V34", "place of a constant",
     "A constant begins at a multiple of 64 in a WGTS segment and ends, rounded up to whole "
     "64-byte "
     "lines, inside it.",
     kConvertAgain},
    {V35_ConstantOverlap, "V35", "overlapping constants",
     "Two constants lie at exactly the same bytes or share none.", kConvertAgain},
    {V36_NotConstant, "V36", "place of a value",
     "Inputs, outputs and arena tensors are Plain, name segment 0, and only arena tensors have an "
     "offset.",
     kConvertAgain},
    {V37_Quant, "V37", "quantisation",
     "A tensor refers to quantisation only where the file's features include it.", kNewerMle},
    // Ops
    {V40_UnknownOp, "V40", "unknown op", "Every op has a kind and version this library knows.",
     kNewerMle},
    {V41_Arity, "V41", "number of operands",
     "An op has as many inputs and outputs as its kind demands.", kConvertAgain},
    {V42_TensorIndex, "V42", "tensor index of an op",
     "Every operand is a tensor of the model, which has at most 65535.", kConvertAgain},
    {V43_Output, "V43", "output of an op",
     "An op writes an arena or output tensor that no other op writes.", kConvertAgain},
    {V44_Order, "V44", "order of ops",
     "An op reads only inputs, constants and what an earlier op has written.", kConvertAgain},
    {V45_Shapes, "V45", "shapes of an op",
     "Dtypes, dims and layouts of an op's operands are those its kind demands.", kConvertAgain},
    {V46_Attributes, "V46", "attributes of an op",
     "An op has the attributes its kind demands, in range, and no others.", kConvertAgain},
    {V47_Counts, "V47", "length of an op's lists",
     "The index lists of an op are as long as its operands demand.", kConvertAgain},
    {V48_InPlace, "V48", "in place",
     "An output lies where an input lies only if the op kind allows it and dtype and dims agree.",
     kConvertAgain},
    // Memory
    {V50_ArenaPlace, "V50", "place in the arena",
     "An arena tensor begins at a multiple of 64 and ends inside the arena.", kConvertAgain},
    {V51_ArenaSize, "V51", "size of the arena",
     "The arena takes at most 256 MiB per row and is aligned to a power of two from 64 to 65536.",
     kConvertAgain},
    {V52_ArenaOverlap, "V52", "overlap in the arena",
     "Two arena tensors that are needed at the same time share no bytes.", kConvertAgain},
    {V53_TotalMemory, "V53", "memory in all",
     "All models of a file together need no more than one model may.", kConvertAgain},
    {V54_Rows, "V54", "rows",
     "Constants are Whole; all other tensors of a model are PerRow, or all are Whole.",
     kConvertAgain},
    {V55_RowsMix, "V55", "rows that mix",
     "A program with a ReduceRows, which takes all rows of a call together, says so in its "
     "header's "
     "features; others do not. It has at most 1024 of them.",
     kConvertAgain},
    // Entries and ports
    {V60_EntryIndex, "V60", "index of an entry",
     "Tensors and golden rows an entry refers to exist.", kConvertAgain},
    {V61_NoPorts, "V61", "no ports",
     "A model has at least one entry, an entry at least one input and one output.", kConvertAgain},
    {V62_PortPlace, "V62", "place of a port",
     "An entry's inputs are Input tensors and its outputs Output tensors that an op writes, each "
     "named once, and its outputs depend on its own inputs only.",
     kConvertAgain},
    {V63_PortNames, "V63", "names of ports",
     "Entries, inputs of an entry and outputs of an entry have distinct, non-empty names; "
     "features, "
     "labels and ranges are one per column or absent.",
     kConvertAgain},
    {V64_Golden, "V64", "golden rows",
     "Golden rows belong to the ports of their entry, lie inside segment gold, have the size their "
     "rows need and a finite tolerance of at least zero.",
     kConvertAgain},
    {V65_SourceRows, "V65", "rows of the source",
     "A port whose row is several rows of the source model's tensor is an output, PerRow, and the "
     "first dim of its row is that many.",
     kConvertAgain},
    {V66_Axes, "V66", "axes of an input",
     "A port that takes arrays of other axes than its dims say is an input, PerRow; one whose axes "
     "are flattened has one dim.",
     kConvertAgain},
    {V67_Classes, "V67", "classes of an output",
     "Classes are those of an output; where it says how many of them are each column's, it says so "
     "of every column, and they are as many together.",
     kConvertAgain},
    // Cost
    {V70_Work, "V70", "too much work",
     "Checking the program takes at most eight steps per byte plus 100000.", kConvertAgain},
    {V71_LoaderMemory, "V71", "too much memory",
     "Loading takes at most three times the program plus 1 MiB.", kConvertAgain},

    // The running library
    {R101_Open, "R101", "cannot open", "The file exists, is a regular file and can be read.",
     "Check the path and its permissions."},
    {R102_Isa, "R102", "instruction set",
     "The instruction set asked for is one this build has and this machine supports.",
     "Leave MLE_ISA and LoadOptions::isa empty for the best there is."},
    {R103_Option, "R103", "option", "Every option is in its range.",
     "The message names the option and its range."},
    {R104_Alignment, "R104", "alignment", "A file in memory lies at a multiple of 64 bytes.",
     "Align the buffer, or set LoadOptions::copy."},
    {R105_UnknownEntry, "R105", "unknown entry", "The entry asked for is one of the model's.",
     "mle-inspect lists the entries of a file."},
    {R106_UnknownOutput, "R106", "unknown output", "Every output asked for is one of the model's.",
     "mle-inspect lists the outputs of a file."},
    {R110_ArgumentCount, "R110", "number of arguments",
     "A call passes one argument per input and per output of the session.",
     "Session::inputs() and Session::outputs() say what is expected, in this order."},
    {R111_ArgumentType, "R111", "type of an argument",
     "An argument has the dtype of its tensor, or one that is converted without surprise.",
     "Pass the dtype the tensor's spec names."},
    {R112_ArgumentSize, "R112", "size of an argument",
     "An argument holds whole rows, exactly as many elements as they take.",
     "The message has the expected and the given count."},
    {R113_RowsDisagree, "R113", "rows disagree", "All arguments of a call have equally many rows.",
     "Pass the same number of rows everywhere."},
    {R114_NullData, "R114", "no data", "An argument with elements has a pointer to them.",
     "Pass the data, or a count of zero."},
    {R115_Stride, "R115", "row stride",
     "Rows of an argument do not overlap and lie aligned to their elements.",
     "Pass 0 for densely packed rows."},
    {R116_NotSimple, "R116", "not one input and one output",
     "The short form of run() is for one f32 input and one f32 output.",
     "Use the form of run() that takes a list of inputs and a list of outputs."},
    {R117_NoAnswer, "R117", "no answer for a row",
     "Every row has an answer: indices lie inside their tables, keys that must be known are known.",
     "Correct the row or leave it out; the message names it and what it holds."},
    {R120_NoMemory, "R120", "out of memory", "There is memory for what was asked.",
     "Free memory, use fewer tile rows, or load a smaller model."},
    {R121_Threads, "R121", "threads", "The system can start the threads asked for.",
     "Ask for fewer threads, or raise the process limit."},
    {R122_Golden, "R122", "golden rows differ",
     "The answers to the golden rows are the recorded ones within the stated tolerance.",
     "Do not use the file: convert the source model again and report the difference."},

    // The compiler and its importers
    {C201_UnknownFormat, "C201", "unknown format", "The source model's format is one we read.",
     "mle-convert --help lists the formats."},
    {C202_ReadSource, "C202", "cannot read the source", "The source model exists and can be read.",
     "Check the path and its permissions."},
    {C203_SourceTooLarge, "C203", "source too large",
     "The source model is within the limits of its importer.", "The message names the limit."},
    {C204_Damaged, "C204", "damaged source",
     "The source model is a well-formed file of its format.", "Export the model again."},
    {C205_UnsupportedOp, "C205", "unsupported operator",
     "Every operator of the source model is one we compile.",
     "Replace the operator in the source model, or export without it."},
    {C206_UnsupportedOpset, "C206", "unsupported operator set",
     "The operator set of the source model is one we read.", "Export with another opset version."},
    {C207_UnsupportedType, "C207", "unsupported type",
     "The element types of the source model are those its operators compile with.",
     "Convert the tensor to a supported type before export."},
    {C208_Shape, "C208", "shape", "The shapes of an operator's operands fit together.",
     "Check the source model with its own framework."},
    {C209_Attribute, "C209", "attribute", "Attributes of an operator are present and in range.",
     "Check the source model with its own framework."},
    {C210_DynamicShape, "C210", "free dimension",
     "Only the first dimension of an input is free, and only where rows are independent.",
     "Fix the dimension with --shape NAME=N."},
    {C211_ExternalData, "C211", "external data",
     "External data lie in the folder of the source model.",
     "Put the data file beside the model, or export with the data inside."},
    {C212_NotFinite, "C212", "not a finite number", "Numbers that must be finite are.",
     "Train or export the model again."},
    {C213_GraphBroken, "C213", "broken graph", "The graph is connected, acyclic and complete.",
     "Check the source model with its own framework."},
    {C214_MixesRows, "C214", "rows are mixed",
     "Rows are independent, or the number of rows is fixed.",
     "Fix the number of rows with --shape NAME=N."},
    {C215_NoOutputs, "C215", "nothing to compute",
     "The source model has at least one input and one output.",
     "Export the model with its outputs."},
    {C216_LimitReached, "C216", "limit reached",
     "The compiled model is within the limits of the file format.",
     "mle-inspect --limits prints them."},
    {C217_WriteOutput, "C217", "cannot write", "The output can be written.",
     "Check the path, its permissions and the space left."},
    {C218_Tolerance, "C218", "beyond the tolerance",
     "The compiled model answers the check rows within the tolerance.",
     "Ask for more precision, or raise the tolerance knowingly."},
    {C219_CheckRows, "C219", "check rows", "Check rows fit the inputs of the model.",
     "The message has the expected and the given columns."},
    {C220_Option, "C220", "option", "Every option of the conversion is in its range.",
     "mle-convert --help describes the options."},
    {C221_OutOfScope, "C221", "not a model we compile",
     "The source model is a network of dense layers with what surrounds them.",
     "The message names what is out of scope."},

    // The tools
    {T301_Usage, "T301", "usage", "The command line is one the tool understands.",
     "Call the tool with --help."},
    {T302_ReadRows, "T302", "cannot read rows", "The file of rows exists and can be read.",
     "Check the path; npy, npz, csv and jsonl are read."},
    {T303_BadRow, "T303", "bad row", "Every row has the right number of readable values.",
     "The message names the row and the column."},
    {T304_Columns, "T304", "columns", "Every column the model needs is there.",
     "mle-inspect lists the columns of a model."},
    {T305_WriteRows, "T305", "cannot write rows", "The file of answers can be written.",
     "Check the path, its permissions and the space left."},
    {T306_Export, "T306", "cannot export", "The other format can say what the program computes.",
     "The message names the op; --export *.json can say everything."},

    // The server
    {S401_UnknownModel, "S401", "unknown model", "The server has a model of that name and version.",
     "The repository index lists what there is."},
    {S402_NotServing, "S402", "not serving", "The model is loaded, and the server is not draining.",
     "Ask another server, or again later; the repository index says why."},
    {S403_Overloaded, "S403", "overloaded", "Fewer requests wait for the model than may.",
     "Send the request again later, or raise --max-queue."},
    {S404_DeadlinePassed, "S404", "deadline passed",
     "A request is computed before its deadline has passed.",
     "Allow more time, or send fewer requests at once."},
    {S405_Cancelled, "S405", "cancelled", "A request is computed while its caller still waits.",
     "Nothing: the caller gave up."},
    {S406_RequestInput, "S406", "input of a request",
     "A request gives every input of the model once, in its data type.",
     "The metadata of the model lists inputs and data types."},
    {S407_RequestOutput, "S407", "output of a request",
     "A request asks for outputs that the model has, each once.",
     "The metadata of the model lists its outputs."},
    {S408_RequestShape, "S408", "shape of a request",
     "The shape of every input is rows by the model's dimensions, with the same rows in all.",
     "The message has the expected and the given shape."},
    {S409_RequestBytes, "S409", "bytes of a request",
     "Every input has as many elements as its shape says.",
     "The message has the expected and the given number."},
    {S410_LoadModel, "S410", "model does not load",
     "A version serves once it was verified, proved by its golden rows and warmed up.",
     "The message says what failed; what was served before goes on serving."},
    {S411_Repository, "S411", "repository", "The folder of models can be read.",
     "Check the path and its permissions."},
    {S412_Control, "S412", "control",
     "Models are loaded and unloaded only where the server allows it.",
     "Start the server with --control explicit."},
    {S413_Listen, "S413", "cannot listen", "The address is this machine's and its port is free.",
     "Give another address; port 0 picks a free port."},
    {S414_Protocol, "S414", "protocol", "A request is written as the protocol says.",
     "The message says what could not be read."},
    {S415_TooLarge, "S415", "too large", "A request is not larger than the server allows.",
     "Send fewer rows at once, or raise --max-request-mb."},
    {S416_NotAllowed, "S416", "not allowed",
     "Who changes what the server does has its key, or sits on the same machine where it has none.",
     "Send the key: Authorization: Bearer KEY."},
    {S417_Certificate, "S417", "certificate",
     "Certificate, key and authority are readable PEM files that belong together.",
     "The message names the file; give --tls-cert and --tls-key together."},
    {S418_SharedMemory, "S418", "shared memory",
     "A tensor in shared memory lies whole within a region that was registered.",
     "The message says what was asked for and what there is."},
};

constexpr bool ascending() {
  for (size_t i = 1; i < std::size(kRules); ++i) {
    if (kRules[i - 1].number >= kRules[i].number) return false;
  }
  return true;
}
static_assert(ascending(), "find_rule searches by halving");

bool same_code(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::toupper(static_cast<unsigned char>(x)) ==
           std::toupper(static_cast<unsigned char>(y));
  });
}

}  // namespace

std::span<const RuleText> rules() noexcept { return kRules; }

const RuleText* find_rule(int number) noexcept {
  const auto* found = std::lower_bound(std::begin(kRules), std::end(kRules), number,
                                       [](const RuleText& r, int n) { return r.number < n; });
  return found != std::end(kRules) && found->number == number ? found : nullptr;
}

const RuleText* find_rule(std::string_view code) noexcept {
  for (const RuleText& text : kRules) {
    if (same_code(text.code, code)) return &text;
  }
  return nullptr;
}

}  // namespace mle::format
