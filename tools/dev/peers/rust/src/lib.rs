//! Peers in Rust behind a C ABI: candle by hand, tract from the ONNX file. The caller drives a model
//! from one thread and keeps all memory it points to.
// SPDX-License-Identifier: Apache-2.0
mod by_candle;
mod by_tract;

use std::ffi::{c_char, CStr};

/// One dense layer: weights [out][in] and out biases.
#[repr(C)]
pub struct Layer {
    inputs: usize,
    outputs: usize,
    weights: *const f32,
    bias: *const f32,
}

/// A workload in somebody's hands.
trait Model {
    /// From now on `rows` rows at `input` are answered at `output`.
    fn bind(&mut self, rows: usize, input: *const f32, output: *mut f32) -> Result<(), String>;
    fn answer(&mut self) -> Result<(), String>;
}

pub struct Handle(Box<dyn Model>);

fn done(result: Result<(), String>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(reason) => {
            eprintln!("rust_peers: {reason}");
            1
        }
    }
}

/// Null where candle cannot hold it.
///
/// # Safety
/// `layers` points to `count` layers, whose numbers are read here and now.
#[no_mangle]
pub unsafe extern "C" fn rust_peers_candle(layers: *const Layer, count: usize, softmax: bool) -> *mut Handle {
    let layers = std::slice::from_raw_parts(layers, count);
    match by_candle::Network::new(layers, softmax) {
        Ok(model) => Box::into_raw(Box::new(Handle(Box::new(model)))),
        Err(_) => std::ptr::null_mut(),
    }
}

/// # Safety
/// `path` is a C string, `layers` as above.
#[no_mangle]
pub unsafe extern "C" fn rust_peers_tract(
    path: *const c_char,
    layers: *const Layer,
    count: usize,
    threads: usize,
) -> *mut Handle {
    let layers = std::slice::from_raw_parts(layers, count);
    let path = CStr::from_ptr(path).to_string_lossy().into_owned();
    let (inputs, outputs) = (layers[0].inputs, layers[count - 1].outputs);
    Box::into_raw(Box::new(Handle(Box::new(by_tract::Network::new(path, inputs, outputs, threads)))))
}

/// # Safety
/// The memory stays where it is until the next call of this or the end of the model.
#[no_mangle]
pub unsafe extern "C" fn rust_peers_bind(model: *mut Handle, rows: usize, input: *const f32, output: *mut f32) -> i32 {
    done((*model).0.bind(rows, input, output))
}

/// # Safety
/// After rust_peers_bind().
#[no_mangle]
pub unsafe extern "C" fn rust_peers_run(model: *mut Handle, calls: usize) -> i32 {
    for _ in 0..calls {
        if let Err(reason) = (*model).0.answer() {
            return done(Err(reason));
        }
    }
    0
}

/// # Safety
/// Once, for what was made here.
#[no_mangle]
pub unsafe extern "C" fn rust_peers_free(model: *mut Handle) {
    drop(Box::from_raw(model));
}
