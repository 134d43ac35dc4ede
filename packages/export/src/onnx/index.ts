// ONNX files, opset 17: https://onnx.ai/onnx/intro/concepts.html
export { type OnnxOptions, toOnnx } from './to-onnx.js';
