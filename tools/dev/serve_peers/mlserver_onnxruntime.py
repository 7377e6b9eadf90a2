# W1 behind MLServer and ONNX Runtime: no worker processes, no metrics, HTTP alone.
# usage: mlserver_onnxruntime.py PORT MODEL.onnx WIDTH
# SPDX-License-Identifier: Apache-2.0
import asyncio
import sys

import onnxruntime
from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec
from mlserver.settings import ModelParameters
from mlserver.types import InferenceResponse, MetadataTensor


class OnnxModel(MLModel):
    async def load(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            self.settings.parameters.uri, options, providers=["CPUExecutionProvider"])
        return True

    async def predict(self, payload):
        rows = NumpyCodec.decode_input(payload.inputs[0])
        answer = self.session.run(None, {"X": rows})[0]
        return InferenceResponse(model_name=self.name,
                                 outputs=[NumpyCodec.encode_output("Y", answer)])


async def main():
    settings = Settings(host="127.0.0.1", http_port=int(sys.argv[1]), grpc_port=int(sys.argv[1]) + 1,
                        parallel_workers=0, metrics_endpoint=None, debug=False,
                        use_structured_logging=False, load_models_at_startup=False)
    width = int(sys.argv[3])
    model = ModelSettings(name="W1", implementation=OnnxModel,
                          parameters=ModelParameters(uri=sys.argv[2]),
                          inputs=[MetadataTensor(name="X", datatype="FP32", shape=[-1, width])])
    await MLServer(settings).start([model])


if __name__ == "__main__":
    asyncio.run(main())
