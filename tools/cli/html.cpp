// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/html.h"

#include "format/utf8.h"

namespace mle::tools {

const char* const kHtmlStyle = R"(
:root { --paper: #fbfaf7; --ink: #22242a; --soft: #6b6f7a; --line: #e2dfd6; --box: #ffffff; --mark: #2f6f8f;
        --c0: #2f6f8f; --c1: #d98e3f; --c2: #5a9367; --c3: #8a6bb1; --c4: #b9b4a7; --c5: #c0564b; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #17181c; --ink: #e8e6e1; --soft: #9a9ca6; --line: #33353d; --box: #1f2126; --mark: #6fb3d2;
          --c0: #6fb3d2; --c1: #e0a561; --c2: #7fbf8e; --c3: #b096d8; --c4: #5a5c64; --c5: #e08378; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
       font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }
main { max-width: 1060px; margin: 0 auto; padding: 36px 28px 80px; }
header { border-bottom: 3px solid var(--mark); padding-bottom: 14px; margin-bottom: 24px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 40px 0 12px; }
h3 { font-size: 15px; margin: 22px 0 8px; }
.path, .soft { color: var(--soft); }
.path { font-size: 13px; overflow-wrap: anywhere; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 12px; }
.card { background: var(--box); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; }
.card b { display: block; font-size: 21px; font-weight: 600; line-height: 1.25; overflow-wrap: anywhere; }
.card span { color: var(--soft); font-size: 12.5px; }
table { border-collapse: collapse; width: 100%; background: var(--box); border: 1px solid var(--line);
        border-radius: 8px; font-size: 14px; }
th, td { text-align: left; padding: 6px 12px; border-top: 1px solid var(--line); vertical-align: top;
         overflow-wrap: anywhere; }
thead th { border-top: 0; color: var(--soft); font-weight: 600; font-size: 12.5px; white-space: nowrap; }
tbody th { font-weight: 500; color: var(--soft); width: 190px; }
td.key { color: var(--soft); width: 76px; } td.shape { width: 190px; } table.map td.n { width: 120px; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code, .mono { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 13px; }
.chip { display: inline-block; border: 1px solid var(--line); background: var(--paper); border-radius: 12px;
        padding: 0 9px; margin: 2px 4px 2px 0; font-size: 12.5px; overflow-wrap: anywhere; }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--box); }
.wide table { border: 0; } .wide th, .wide td { padding: 6px 9px; }
.bytes { display: flex; height: 34px; border-radius: 8px; overflow: hidden; border: 1px solid var(--line); }
.bytes i { display: block; min-width: 1px; height: 100%; border-right: 1px solid var(--paper); }
.legend { margin: 8px 0 14px; font-size: 13px; color: var(--soft); }
.legend i, td i.dot { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin: 0 6px 0 14px; }
.legend i:first-child, td i.dot { margin-left: 0; }
details summary { cursor: pointer; color: var(--mark); padding: 6px 0; }
pre { background: var(--box); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px;
      white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13.5px; }
svg.graph { display: block; margin: 0 auto; }
svg text { fill: var(--ink); font: 13px system-ui, "Noto Sans", "DejaVu Sans", sans-serif; }
svg .soft { fill: var(--soft); font-size: 11.5px; }
svg .box { fill: var(--paper); stroke: var(--line); stroke-width: 1.2; }
svg .port { fill: var(--mark); stroke: none; }
svg .porttext { fill: #fff; }
svg .edge { fill: none; stroke: var(--soft); stroke-width: 1.3; opacity: .75; }
svg .bar { fill: var(--mark); }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
svg .s0 { stroke: var(--c0); } svg .s1 { stroke: var(--c1); } svg .s2 { stroke: var(--c4); }
svg .f0 { fill: var(--c0); } svg .f1 { fill: var(--c1); } svg .f2 { fill: var(--c4); }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(440px, 1fr)); gap: 16px; }
.charts figure { margin: 0; background: var(--box); border: 1px solid var(--line); border-radius: 8px; padding: 12px; }
.charts figcaption { font-weight: 600; font-size: 14px; }
.share { background: var(--line); border-radius: 3px; height: 8px; width: 110px; margin-top: 7px; }
.share i { display: block; height: 100%; border-radius: 3px; background: var(--mark); }
.c0 { background: var(--c0); } .c1 { background: var(--c1); } .c2 { background: var(--c2); }
.c3 { background: var(--c3); } .c4 { background: var(--c4); } .c5 { background: var(--c5); }
footer { margin-top: 48px; color: var(--soft); font-size: 12.5px; border-top: 1px solid var(--line); padding-top: 12px; }
@media print { body { background: #fff; } main { max-width: none; padding: 0; } }
)";

std::string html_text(std::string_view text) {
  const bool good = format::is_utf8(text);
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default:
        if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F || (byte >= 0x80 && !good))
          out += "\xEF\xBF\xBD";
        else
          out += c;
    }
  }
  return out;
}

std::string html_head(std::string_view title) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
         "'unsafe-inline'\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         html_text(title) + "</title>\n<style>" + kHtmlStyle +
         "</style>\n</head>\n<body>\n<main>\n";
}

std::string html_foot(std::string_view footer) {
  return "<footer>" + html_text(footer) +
         " One page, no script, nothing fetched.</footer>\n</main>\n</body>\n</html>\n";
}

std::string html_tile(std::string_view value, std::string_view what) {
  return "<div class=\"card\"><b>" + html_text(value) + "</b><span>" + html_text(what) +
         "</span></div>\n";
}

}  // namespace mle::tools
