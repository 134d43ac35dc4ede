// Safetensors: https://huggingface.co/docs/safetensors
export { fromSafetensors, toSafetensors } from './safetensors.js';
