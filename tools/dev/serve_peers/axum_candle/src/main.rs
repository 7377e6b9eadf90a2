// W1 behind axum and candle, asked in the same JSON as mle-serve: one thread, mimalloc, optimised at
// link time.
// usage: axum_candle ADDRESS:PORT PARAMETERS.f32 WIDTH WIDTH...
// SPDX-License-Identifier: Apache-2.0
use axum::{extract::State, http::StatusCode, routing::get, routing::post, Json, Router};
use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Deserialize)]
struct Input {
    name: String,
    datatype: String,
    shape: Vec<usize>,
    data: Vec<f32>,
}

#[derive(Deserialize)]
struct Question {
    inputs: Vec<Input>,
}

#[derive(Serialize)]
struct Output {
    name: &'static str,
    datatype: &'static str,
    shape: Vec<usize>,
    data: Vec<f32>,
}

#[derive(Serialize)]
struct Answer {
    model_name: &'static str,
    model_version: &'static str,
    outputs: [Output; 1],
}

#[derive(Serialize)]
struct Metadata {
    name: &'static str,
    inputs: [Port; 1],
}

#[derive(Serialize)]
struct Port {
    name: &'static str,
    datatype: &'static str,
    shape: [i64; 2],
}

struct Model {
    width: usize,
    layers: Vec<(Tensor, Tensor)>, // weights [in, out] and bias
}

impl Model {
    fn read(path: &str, widths: &[usize]) -> anyhow::Result<Model> {
        let bytes = std::fs::read(path)?;
        let mut values = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        let mut take = |count: usize| values.by_ref().take(count).collect::<Vec<f32>>();
        let mut layers = Vec::new();
        for pair in widths.windows(2) {
            let weights = Tensor::from_vec(take(pair[0] * pair[1]), (pair[0], pair[1]), &Device::Cpu)?;
            let bias = Tensor::from_vec(take(pair[1]), pair[1], &Device::Cpu)?;
            layers.push((weights, bias));
        }
        Ok(Model { width: widths[0], layers })
    }

    fn run(&self, rows: usize, data: Vec<f32>) -> candle_core::Result<Vec<f32>> {
        let mut x = Tensor::from_vec(data, (rows, self.width), &Device::Cpu)?;
        for (i, (weights, bias)) in self.layers.iter().enumerate() {
            x = x.matmul(weights)?.broadcast_add(bias)?;
            if i + 1 < self.layers.len() {
                x = x.relu()?;
            }
        }
        x.flatten_all()?.to_vec1()
    }
}

type Refusal = (StatusCode, String);

async fn infer(
    State(model): State<Arc<Model>>,
    Json(question): Json<Question>,
) -> Result<Json<Answer>, Refusal> {
    let refuse = |what: &str| (StatusCode::BAD_REQUEST, what.to_string());
    let input = question.inputs.into_iter().next().ok_or(refuse("no input"))?;
    if input.name != "X" || input.datatype != "FP32" {
        return Err(refuse("the input is X, FP32"));
    }
    if input.shape.len() != 2
        || input.shape[1] != model.width
        || input.shape[0].checked_mul(model.width) != Some(input.data.len())
    {
        return Err(refuse("wrong shape"));
    }
    let rows = input.shape[0];
    let data = model
        .run(rows, input.data)
        .map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let output = Output { name: "Y", datatype: "FP32", shape: vec![rows, data.len() / rows.max(1)], data };
    Ok(Json(Answer { model_name: "W1", model_version: "1", outputs: [output] }))
}

async fn metadata(State(model): State<Arc<Model>>) -> Json<Metadata> {
    let input = Port { name: "X", datatype: "FP32", shape: [-1, model.width as i64] };
    Json(Metadata { name: "W1", inputs: [input] })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    anyhow::ensure!(arguments.len() > 4, "usage: axum_candle ADDRESS:PORT PARAMETERS.f32 WIDTH WIDTH...");
    let widths = arguments[3..].iter().map(|text| text.parse()).collect::<Result<Vec<usize>, _>>()?;
    let model = Arc::new(Model::read(&arguments[2], &widths)?);
    let app = Router::new()
        .route("/v2/models/W1", get(metadata))
        .route("/v2/models/W1/infer", post(infer))
        .with_state(model);
    let listener = tokio::net::TcpListener::bind(&arguments[1]).await?;
    // As mle-serve does.
    use axum::serve::ListenerExt;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, app).await?;
    Ok(())
}
