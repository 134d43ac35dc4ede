// Experiment trackers: callbacks of `fit` that write what a run logs for TensorBoard and for an MLflow server.
export { type MlflowAuth, type MlflowOptions, mlflow } from './mlflow.js';
export { type TensorBoardOptions, tensorBoard } from './tensor-board.js';
