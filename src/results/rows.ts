/** Measured values of a sweep as columns of equal length; `run` −1 is the clean pass. */
export interface Rows {
  readonly run: Int32Array
  readonly sample: Int32Array
  readonly value: Float64Array
}
