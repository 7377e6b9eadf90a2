//! tract: the ONNX model with a fixed batch, optimised and made runnable once. The input is made a
//! tensor once; each call gives a new output. With more than one thread it shares products of matrices
//! as its own executor sees fit.
// SPDX-License-Identifier: Apache-2.0
use tract_linalg::multithread::{set_default_executor, Executor};
use tract_onnx::prelude::*;

type Plan = Arc<TypedRunnableModel>;

pub struct Network {
    path: String,
    inputs: usize,
    outputs: usize,
    plan: Option<(Plan, TValue)>,
    output: *mut f32,
    count: usize,
}

impl Network {
    pub fn new(path: String, inputs: usize, outputs: usize, threads: usize) -> Network {
        if threads > 1 {
            set_default_executor(Executor::multithread(threads));
        }
        Network { path, inputs, outputs, plan: None, output: std::ptr::null_mut(), count: 0 }
    }

    fn make(&self, rows: usize) -> TractResult<Plan> {
        tract_onnx::onnx()
            .model_for_path(&self.path)?
            .with_input_fact(0, f32::fact([rows, self.inputs]).into())?
            .into_optimized()?
            .into_runnable()
    }

    fn run(&self) -> TractResult<()> {
        let (plan, input) = self.plan.as_ref().expect("bound before it is run");
        let answers = plan.run(tvec!(input.clone()))?;
        let from = unsafe { answers[0].as_slice_unchecked::<f32>() };
        if from.len() < self.count {
            return Err(TractError::msg("fewer answers than rows"));
        }
        // Our caller's memory holds that many.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), self.output, self.count) };
        Ok(())
    }
}

impl super::Model for Network {
    fn bind(&mut self, rows: usize, input: *const f32, output: *mut f32) -> Result<(), String> {
        let from = unsafe { std::slice::from_raw_parts(input, rows * self.inputs) };
        let tensor = Tensor::from_shape(&[rows, self.inputs], from).map_err(|error| format!("{error:?}"))?;
        let plan = self.make(rows).map_err(|error| format!("{error:?}"))?;
        self.plan = Some((plan, tensor.into_tvalue()));
        self.output = output;
        self.count = rows * self.outputs;
        Ok(())
    }

    fn answer(&mut self) -> Result<(), String> {
        self.run().map_err(|error| format!("{error:?}"))
    }
}
