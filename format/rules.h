// The table of every rule that can refuse something: files (V), the running library (R), the
// compiler and its importers (C), the tools (T) and the server (S). A Status carries the number;
// `mle-inspect --explain V31` prints the text from here.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace mle::format {

// Numbers never change meaning: V01 is 1 … V99 is 99, R101 is 101 … Those marked reserved refuse
// nothing in this version.
namespace rule {
enum Rule : int {
  // Header
  V01_FileTooShort = 1,
  V02_Magic,
  V03_Major,
  V04_EntrySizes,
  V05_FileSize,
  V06_RequiredFeatures,
  V07_HeaderReserved,
  V08_Directory,
  V09_HeaderSum,
  // Regions
  V10_RegionOutside = 10,
  V11_ProgramPlace,
  V12_SegmentPlace,
  V13_Gap,
  V14_End,
  V15_SegmentFlags,
  V16_UnknownSegment,
  V17_Sum,
  V18_ProgramTooLarge,
  // FlatBuffer
  V20_ProgramOverflow = 20,  // reserved: V18 refuses first
  V21_ProgramCopy,
  V22_Identifier,
  V23_Structure,
  V24_Strings,
  V25_StringIndex,
  // Tensors
  V30_Dims = 30,
  V31_TensorBytes,
  V32_Enum,
  V33_Layout,
  V34_ConstantPlace,
  V35_ConstantOverlap,
  V36_NotConstant,
  V37_Quant,
  // Ops
  V40_UnknownOp = 40,
  V41_Arity,
  V42_TensorIndex,
  V43_Output,
  V44_Order,
  V45_Shapes,
  V46_Attributes,
  V47_Counts,  // reserved: no op kind has an index list
  V48_InPlace,
  // Memory
  V50_ArenaPlace = 50,
  V51_ArenaSize,
  V52_ArenaOverlap,
  V53_TotalMemory,  // reserved: one model per file
  V54_Rows,
  V55_RowsMix,
  // Entries and ports
  V60_EntryIndex = 60,
  V61_NoPorts,
  V62_PortPlace,
  V63_PortNames,
  V64_Golden,
  V65_SourceRows,
  V66_Axes,
  V67_Classes,
  // Cost
  V70_Work = 70,
  V71_LoaderMemory,

  // The running library
  R101_Open = 101,
  R102_Isa,
  R103_Option,
  R104_Alignment,
  R105_UnknownEntry,
  R106_UnknownOutput,
  R110_ArgumentCount = 110,
  R111_ArgumentType,
  R112_ArgumentSize,
  R113_RowsDisagree,
  R114_NullData,
  R115_Stride,
  R116_NotSimple,
  R117_NoAnswer,
  R120_NoMemory = 120,  // reserved: an error without memory carries no rule
  R121_Threads,
  R122_Golden,

  // The compiler and its importers
  C201_UnknownFormat = 201,
  C202_ReadSource,
  C203_SourceTooLarge,
  C204_Damaged,
  C205_UnsupportedOp,
  C206_UnsupportedOpset,
  C207_UnsupportedType,
  C208_Shape,
  C209_Attribute,
  C210_DynamicShape,
  C211_ExternalData,
  C212_NotFinite,
  C213_GraphBroken,
  C214_MixesRows,
  C215_NoOutputs,
  C216_LimitReached,
  C217_WriteOutput,
  C218_Tolerance,
  C219_CheckRows,
  C220_Option,
  C221_OutOfScope,  // reserved

  // The tools
  T301_Usage = 301,  // reserved
  T302_ReadRows,
  T303_BadRow,
  T304_Columns,
  T305_WriteRows,
  T306_Export,

  // The server
  S401_UnknownModel = 401,
  S402_NotServing,
  S403_Overloaded,
  S404_DeadlinePassed,
  S405_Cancelled,
  S406_RequestInput,
  S407_RequestOutput,
  S408_RequestShape,
  S409_RequestBytes,
  S410_LoadModel,
  S411_Repository,
  S412_Control,
  S413_Listen,
  S414_Protocol,
  S415_TooLarge,
  S416_NotAllowed,
  S417_Certificate,
  S418_SharedMemory,
};
}  // namespace rule

struct RuleText {
  int number;
  const char* code;      // "V31"
  const char* title;     // a few words
  const char* sentence;  // what the rule demands
  const char* way_out;   // what to do when it refuses
};

// All rules in ascending order of number.
std::span<const RuleText> rules() noexcept;
// By number, or null.
const RuleText* find_rule(int number) noexcept;
// By code, "V31" or "v31", or null.
const RuleText* find_rule(std::string_view code) noexcept;

}  // namespace mle::format
