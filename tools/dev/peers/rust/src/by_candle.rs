//! candle: tensors on the processor, its own layers. The input is made a tensor once, where a server
//! would make one for each call.
// SPDX-License-Identifier: Apache-2.0
use candle_core::{Device, Tensor};
use candle_nn::{ops::softmax_last_dim, Linear, Module};

pub struct Network {
    layers: Vec<Linear>,
    width: usize,
    softmax: bool,
    input: Option<Tensor>,
    output: *mut f32,
    count: usize,
}

impl Network {
    pub unsafe fn new(layers: &[super::Layer], softmax: bool) -> candle_core::Result<Network> {
        let mut made = Vec::new();
        for layer in layers {
            let weights = std::slice::from_raw_parts(layer.weights, layer.inputs * layer.outputs);
            let bias = std::slice::from_raw_parts(layer.bias, layer.outputs);
            made.push(Linear::new(
                Tensor::from_slice(weights, (layer.outputs, layer.inputs), &Device::Cpu)?,
                Some(Tensor::from_slice(bias, layer.outputs, &Device::Cpu)?),
            ));
        }
        let width = layers[0].inputs;
        Ok(Network { layers: made, width, softmax, input: None, output: std::ptr::null_mut(), count: 0 })
    }

    fn forward(&self) -> candle_core::Result<Tensor> {
        let mut x = self.input.clone().expect("bound before it is run");
        for (i, layer) in self.layers.iter().enumerate() {
            x = layer.forward(&x)?;
            if i + 1 < self.layers.len() {
                x = x.relu()?;
            }
        }
        if self.softmax { softmax_last_dim(&x) } else { Ok(x) }
    }

    fn run(&self) -> candle_core::Result<()> {
        let answers = self.forward()?.flatten_all()?;
        let (storage, layout) = answers.storage_and_layout();
        if let candle_core::Storage::Cpu(memory) = &*storage {
            let from = memory.as_slice::<f32>()?;
            let start = layout.start_offset();
            // Our caller's memory holds that many.
            unsafe { std::ptr::copy_nonoverlapping(from[start..start + self.count].as_ptr(), self.output, self.count) };
        }
        Ok(())
    }
}

impl super::Model for Network {
    fn bind(&mut self, rows: usize, input: *const f32, output: *mut f32) -> Result<(), String> {
        let from = unsafe { std::slice::from_raw_parts(input, rows * self.width) };
        let made = Tensor::from_slice(from, (rows, self.width), &Device::Cpu);
        self.input = Some(made.map_err(|error| error.to_string())?);
        self.output = output;
        self.count = rows * self.layers.last().map_or(0, |last| last.weight().dims()[0]);
        Ok(())
    }

    fn answer(&mut self) -> Result<(), String> {
        self.run().map_err(|error| error.to_string())
    }
}
