#include "tools/report/report_html.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>

#include "engine/files/in_quotes.h"
#include "svdd/methods/method.h"
#include "tools/report/svg_chart.h"

namespace tools::html {

std::string percent(double fraction, int decimals) { return fixed_text(100 * fraction, decimals) + " %"; }

std::string short_rate(double fraction) { return number_text(100 * fraction, 4) + " %"; }

std::string duration(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) return number_text(seconds) + " s";
  if (seconds < 60) return number_text(seconds, 3) + " s";
  const int64_t whole = std::llround(seconds);
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

std::string display_name(const std::string& name) {
  if (const svdd::Method* method = svdd::find_method(name)) return method->title;
  static const std::map<std::string, std::string> names = {{"mnist", "MNIST"},
                                                           {"fashion-mnist", "Fashion-MNIST"},
                                                           {"cifar10", "CIFAR-10"},
                                                           {"gtsrb", "GTSRB"},
                                                           {"mobifall", "MobiFall"}};
  const auto found = names.find(name);
  return found == names.end() ? name : found->second;
}

std::string in_shell(const std::string& word) {
  const auto plain = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./+=:@%,").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) out += i + k <= bytes.size() ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

namespace {

std::string as_utf8(std::string page) {
  if (engine::is_utf8(page)) return page;
  std::string out;
  const std::string_view bytes = page;
  for (size_t at = 0; at < bytes.size();) {
    size_t length = 1;
    while (length <= 4 && !engine::is_utf8(bytes.substr(at, length))) ++length;
    const bool is_character = length <= 4;
    out += is_character ? bytes.substr(at, length) : std::string_view("\xef\xbf\xbd");
    at += is_character ? length : 1;
  }
  return out;
}

}  // namespace

std::string document(const std::string& title, const std::string& body, std::string_view style) {
  return as_utf8(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "style-src 'unsafe-inline'\">\n" +
      tag("title", title) + "\n<style>" + std::string(page_style) + std::string(chart_style()) +
      std::string(style) + "</style></head>\n<body><main>\n" + body + "</main></body></html>\n");
}

std::string table_card(const std::string& label, const std::string& table) {
  return "<div class=\"card table\" role=\"region\" tabindex=\"0\" aria-label=\"" + escape_xml(label) +
         "\">" + table + "</div>\n";
}

std::string last_name(const std::string& path) {
  std::filesystem::path named(path);
  if (!named.has_filename()) named = named.parent_path();  // "photos/"
  return named.has_filename() ? named.filename().string() : path;
}

std::string tag(std::string_view name, std::string_view text) {
  return '<' + std::string(name) + '>' + escape_xml(text) + "</" +
         std::string(name).substr(0, name.find(' ')) + '>';
}

std::string figure(const std::string& contents, const std::string& caption, const std::string& note) {
  return "<figure><figcaption><b>" + escape_xml(caption) + "</b>" +
         (note.empty() ? "" : " <span>" + escape_xml(note) + "</span>") + "</figcaption>\n" + contents +
         "</figure>\n";
}

const std::string_view page_style = R"css(
:root{color-scheme:light dark;--page:#f6f5f1;--card:#fff;--ink:#20262d;--muted:#67717c;--line:#e2dfd7;--accent:#2b6cb0;
--alarm:#a3341a;--alarm-paper:#fdeee8;--alarm-line:#efc3b3}
@media(prefers-color-scheme:dark){:root{--page:#14171a;--card:#1b1f24;--ink:#e4e7ea;--muted:#98a2ac;--line:#2d333a;
--accent:#6cabea;--alarm:#ffb199;--alarm-paper:#35201a;--alarm-line:#6b3a2b}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,
"Helvetica Neue",Arial,sans-serif}
main{max-width:1080px;margin:0 auto;padding:44px 24px 64px}
header .over{color:var(--accent);font-weight:600;letter-spacing:.08em;text-transform:uppercase;font-size:12px}
h1{font-size:38px;line-height:1.15;letter-spacing:-.02em;font-weight:680;margin:6px 0 14px}
h2{font-size:21px;letter-spacing:-.01em;margin:48px 0 4px}h2+p{margin:0 0 16px;color:var(--muted);max-width:88ch}
.chips{display:flex;flex-wrap:wrap;gap:8px;margin:0;padding:0;list-style:none}
.chips li{border:1px solid var(--line);background:var(--card);border-radius:99px;padding:3px 13px;font-size:14px}
.chips span{color:var(--muted)}
.card,figure,.tiles>div,details{background:var(--card);border:1px solid var(--line);border-radius:12px}
.alarm{background:var(--alarm-paper);border:1px solid var(--alarm-line);border-left-width:6px;color:var(--alarm);
border-radius:10px;padding:13px 18px;margin:18px 0 0}
.alarm b{display:block}
.remarks{background:var(--card);border:1px solid var(--line);border-left:6px solid var(--muted);border-radius:10px;
margin:18px 0 0;padding:13px 18px 13px 34px;overflow-wrap:anywhere}
.hero{display:grid;grid-template-columns:minmax(0,9fr) minmax(0,11fr);gap:20px 44px;align-items:center;padding:28px 32px;
margin-top:26px}
.hero .auc{font-size:84px;line-height:1;font-weight:690;letter-spacing:-.04em;font-variant-numeric:tabular-nums;
margin:6px 0 10px;white-space:nowrap}
.hero .auc small{font-size:.5em;font-weight:500;letter-spacing:0;color:var(--muted)}
.hero p{margin:0}.hero>p{grid-column:1/-1}.hero .fine{color:var(--muted);font-size:14px;margin-top:2px}
.verdict{grid-column:1/-1;border-top:1px solid var(--line);padding-top:16px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin-top:12px}
.tiles>div{padding:14px 18px}.tiles b{display:block;font-size:23px;font-weight:640;letter-spacing:-.01em;
font-variant-numeric:tabular-nums}
.tiles span{color:var(--muted);font-size:13px;line-height:1.35;display:block}
.row{display:grid;gap:16px;grid-template-columns:repeat(2,minmax(0,1fr))}.row.roc{grid-template-columns:minmax(0,44fr)
minmax(0,56fr)}.row.roc>figure:only-child,.row.map>figure:only-child{grid-column:1/-1;max-width:680px}
.row+.row{margin-top:16px}
figure{margin:0;padding:16px 18px;min-width:0}figcaption{margin-bottom:10px}figcaption b{font-weight:620}
figcaption span{color:var(--muted);font-size:14px;display:block}
figure img{display:block;width:100%;height:auto;image-rendering:pixelated;border-radius:5px}
.store{position:absolute}.sheet{display:grid;grid-template-columns:repeat(8,minmax(0,1fr));
gap:8px 6px;margin:0;padding:0;list-style:none}.sheet li{font-size:11px;line-height:1.25;min-width:0;text-align:center}
.sheet svg{display:block;width:100%;height:auto;border-radius:4px;image-rendering:pixelated;margin-bottom:2px}
.sheet image{image-rendering:pixelated}.sheet b{display:block;font-weight:560;font-variant-numeric:tabular-nums;
white-space:nowrap}.sheet span{display:block;color:var(--muted);overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.sheet .wrong b{color:var(--alarm)}.sheet .wrong svg{outline:2px solid var(--alarm)}
.sheet .wrong .mark{color:var(--alarm);white-space:normal}.sheet.pairs{grid-template-columns:repeat(3,minmax(0,1fr));
gap:14px 12px}.sheet.pairs li{font-size:13px}.picks td{overflow-wrap:anywhere}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;width:100%}th,td{padding:8px 18px;text-align:left;border-top:1px solid var(--line);
vertical-align:baseline}tr:first-child>*{border-top:0}th{font-weight:560;white-space:nowrap}thead th{color:var(--muted);
font-size:13px}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.why{color:var(--muted);font-size:14px}td.bar{width:38%}
.meter{display:block;position:relative;background:var(--line);border-radius:3px;height:8px}.meter i{display:block;height:8px;
border-radius:3px;background:var(--anomalous)}.meter::after{content:"";position:absolute;left:50%;top:-3px;height:14px;
border-left:1px dashed var(--muted)}
.card.table{overflow-x:auto;padding:4px 0;background:linear-gradient(to left,var(--card) 40%,transparent) right/44px 100% no-repeat local,
linear-gradient(to left,color-mix(in srgb,var(--ink) 22%,transparent),transparent) right/14px 100% no-repeat scroll,var(--card)}figure .card.table{border:0;padding:0}figure th,figure td{padding:7px 8px}
.tag{font-size:12px;color:var(--normal);border:1px solid currentColor;
border-radius:99px;padding:0 8px;margin-left:8px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px}
td code{overflow-wrap:anywhere}.ok{color:var(--series-3);white-space:nowrap}
pre{margin:0;padding:14px 18px;overflow-x:auto;white-space:pre}
pre.command{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:14px 0 0}
pre.command::before{content:"$ ";color:var(--muted)}
details{margin-top:14px}summary{cursor:pointer;padding:12px 18px;font-weight:560}details pre{border-top:1px solid
var(--line)}
footer{margin-top:44px;color:var(--muted);font-size:14px}footer ul{margin:4px 0 0;padding-left:20px}
@media(max-width:900px){.row,.row.roc,.hero{grid-template-columns:minmax(0,1fr)}}
@media(max-width:760px){.bar{display:none}h1{font-size:30px}.hero .auc{font-size:64px}}
@media(max-width:560px){main{padding:24px 12px 40px}.hero{padding:18px 14px}figure{padding:12px 10px}th,td{padding:7px
9px}thead th:first-child{white-space:normal}.sheet{grid-template-columns:repeat(4,minmax(0,1fr))}
.sheet.pairs{grid-template-columns:minmax(0,1fr)}
.stacked tr{display:grid;grid-template-columns:minmax(0,1fr) auto;border-top:1px solid var(--line)}.stacked tr:first-child
{border-top:0}.stacked tr>*{border-top:0}.stacked th{white-space:normal}.stacked td:not(.n){grid-column:1/-1;padding-top:0}
.stacked td.why:empty{display:none}}
@media print{body{background:none}figure,.card,tr{break-inside:avoid}}
)css";

}  // namespace tools::html
