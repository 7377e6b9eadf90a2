// SPDX-License-Identifier: Apache-2.0
#include "serve/http/pages.h"

namespace mle::serve {
namespace {

// Text of models and answers reaches the page as text alone, never as markup.
constexpr char kPage[] = R"page(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>mle-serve</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; }
  td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
  textarea { width: 100%; box-sizing: border-box; font: 13px/1.4 ui-monospace, monospace; }
  pre { overflow: auto; max-height: 20rem; background: #8881; padding: .5rem; }
  .bad { color: #c33; } .bar { fill: #47a; } svg { width: 100%; height: 9rem; } svg text { font-size: 9px; fill: currentColor; }
</style>
<h1>mle-serve <small id="version"></small> <small id="state"></small></h1>
<h2>Models</h2>
<table><thead><tr><th>model<th>version<th>state<th class="number">requests<th class="number">rows<th class="number">runs<th class="number">mean µs</tr></thead>
<tbody id="models"></tbody></table>
<h2>Durations of requests</h2>
<svg id="histogram" viewBox="0 0 640 140" role="img" aria-label="histogram of request durations"></svg>
<h2>Try it</h2>
<p><label>model <select id="model"></select></label> <button id="ask">ask</button> <span id="took"></span></p>
<textarea id="question" rows="9" spellcheck="false" aria-label="request"></textarea>
<pre id="answer" aria-label="answer"></pre>
<p><a href="/metrics">metrics</a> · <a href="/v2/docs/openapi.json">OpenAPI</a> · <a href="/v2">server</a></p>
<script>
'use strict';
const at = id => document.getElementById(id);
const json = async (path, options) => (await fetch(path, options)).json();
const cell = (row, text, number) => {
  const made = row.insertCell();
  made.textContent = text;
  if (number) made.className = 'number';
  return made;
};
const labels = text => Object.fromEntries([...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(m => [m[1], m[2]]));

async function showModels() {
  const [server, ready, index, stats] = await Promise.all([json('/v2'), fetch('/v2/health/ready'),
    json('/v2/repository/index', {method: 'POST'}), json('/v2/models/stats')]);
  at('version').textContent = server.version;
  at('state').textContent = ready.ok ? 'ready' : 'not ready';
  const known = new Map(stats.model_stats.map(s => [s.name + '/' + s.version, s]));
  const rows = document.createElement('tbody');
  for (const line of index) {
    const row = rows.insertRow(), s = known.get(line.name + '/' + line.version);
    cell(row, line.name);
    cell(row, line.version || '');
    const state = cell(row, line.state.toLowerCase() + (line.reason ? ': ' + line.reason : ''));
    if (line.state !== 'READY') state.className = 'bad';
    const done = s ? s.inference_stats.success : {count: 0, ns: 0};
    cell(row, s ? done.count : '', true);
    cell(row, s ? s.inference_count : '', true);
    cell(row, s ? s.execution_count : '', true);
    cell(row, done.count ? (done.ns / done.count / 1000).toFixed(1) : '', true);
  }
  rows.id = 'models';
  at('models').replaceWith(rows);
  const names = [...new Set(index.filter(l => l.state === 'READY').map(l => l.name))];
  const select = at('model');
  if ([...select.options].map(o => o.value).join('\n') !== names.join('\n')) {
    const chosen = select.value;
    select.replaceChildren(...names.map(n => new Option(n, n, false, n === chosen)));
    if (!at('question').value) suggest();
  }
}

async function showHistogram() {
  const text = await (await fetch('/metrics')).text(), counts = new Map();
  for (const line of text.split('\n')) {
    const match = /^mle_request_duration_seconds_bucket\{(.*)\} (\d+)$/.exec(line);
    if (!match) continue;
    const bound = labels(match[1]).le;
    counts.set(bound, (counts.get(bound) || 0) + Number(match[2]));
  }
  const bars = [];
  let before = 0;
  for (const [bound, sum] of counts) { bars.push([bound, sum - before]); before = sum; }
  const most = Math.max(1, ...bars.map(b => b[1])), width = 640 / Math.max(1, bars.length);
  const make = (name, given, text) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const key in given) made.setAttribute(key, given[key]);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const unit = b => b === '+Inf' ? 'more' : b < 1e-3 ? Math.round(b * 1e6) + ' µs' : b < 1 ? b * 1e3 + ' ms' : b + ' s';
  at('histogram').replaceChildren(...bars.flatMap(([bound, count], i) => {
    const height = 100 * count / most;
    return [make('rect', {class: 'bar', x: i * width + 2, y: 115 - height, width: width - 4, height}),
      make('text', {x: i * width + width / 2, y: 110 - height, 'text-anchor': 'middle'}, count || ''),
      make('text', {x: i * width + width / 2, y: 130, 'text-anchor': 'middle'}, '≤ ' + unit(bound))];
  }));
}

async function suggest() {
  const model = at('model').value;
  if (!model) return;
  const meta = await json('/v2/models/' + encodeURIComponent(model));
  const value = type => type === 'BYTES' ? '' : type === 'BOOL' ? false : 0;
  at('question').value = JSON.stringify({inputs: meta.inputs.map(i => {
    const shape = i.shape.map(d => d < 0 ? 1 : d);
    return {name: i.name, datatype: i.datatype, shape,
            data: Array(shape.reduce((a, b) => a * b, 1)).fill(value(i.datatype))};
  })}, null, 1).replace(/\n\s+(?=[-\d"\]tf][^:]*$)/gm, ' ');
}

at('model').onchange = suggest;
at('ask').onclick = async () => {
  const began = performance.now();
  const answer = await fetch('/v2/models/' + encodeURIComponent(at('model').value) + '/infer',
                             {method: 'POST', body: at('question').value});
  const text = await answer.text();
  at('took').textContent = answer.status + ', ' + (performance.now() - began).toFixed(1) + ' ms';
  at('answer').textContent = text;
  show();
};
async function show() {
  try {
    await showModels();
    await showHistogram();
  } catch (error) {
    at('state').textContent = 'does not answer';
  }
}
show();
setInterval(() => { if (!document.hidden) show(); }, 2000);
</script>
</html>
)page";

}  // namespace

void append_page(HttpReply& reply) {
  reply.type = "text/html; charset=utf-8";
  reply.header("Content-Security-Policy",
               "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
               "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  reply.header("X-Content-Type-Options", "nosniff");
  reply.body = kPage;
}

}  // namespace mle::serve
