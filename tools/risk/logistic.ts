// SPDX-License-Identifier: Apache-2.0

export type Rows = {
  /** Row-major standardised features; an unknown one is 0, its mean. */
  readonly x: Float64Array;
  readonly columns: number;
  readonly bad: Uint8Array;
  readonly weight: Float64Array;
};

const ROUNDS_MAX = 50;
const TOLERANCE = 1e-9;

/**
 * Fits weighted logistic regression with an L2 penalty by Newton's method; the last number is the
 * intercept, which carries no penalty. Starts at zero and uses no randomness.
 */
export function fitLogistic(rows: Rows, penalty: number): Float64Array {
  const size = rows.columns + 1;
  const beta = new Float64Array(size);
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const { gradient, hessian } = derivatives(rows, beta);
    for (let i = 0; i < rows.columns; i += 1) {
      gradient[i] = at(gradient, i) + penalty * at(beta, i);
      hessian[i * size + i] = at(hessian, i * size + i) + penalty;
    }
    const step = solve(hessian, gradient);
    let largest = 0;
    for (let i = 0; i < size; i += 1) {
      beta[i] = at(beta, i) - at(step, i);
      largest = Math.max(largest, Math.abs(at(step, i)));
    }
    if (largest < TOLERANCE) return beta;
  }
  throw new Error(`the fit did not settle within ${ROUNDS_MAX} rounds`);
}

const at = (array: Float64Array, index: number): number => array[index] ?? 0;

function derivatives(
  rows: Rows,
  beta: Float64Array,
): { readonly gradient: Float64Array; readonly hessian: Float64Array } {
  const { x, columns, bad, weight } = rows;
  const size = columns + 1;
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  const row = new Float64Array(size);
  row[columns] = 1;
  for (let r = 0; r < bad.length; r += 1) {
    let logit = at(beta, columns);
    for (let i = 0; i < columns; i += 1) {
      row[i] = at(x, r * columns + i);
      logit += at(row, i) * at(beta, i);
    }
    const p = 1 / (1 + Math.exp(-logit));
    const w = at(weight, r);
    const slope = w * (p - (bad[r] ?? 0));
    const curve = w * p * (1 - p);
    for (let i = 0; i < size; i += 1) {
      gradient[i] = at(gradient, i) + slope * at(row, i);
      const scaled = curve * at(row, i);
      for (let j = 0; j <= i; j += 1) {
        hessian[i * size + j] = at(hessian, i * size + j) + scaled * at(row, j);
      }
    }
  }
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < i; j += 1) hessian[j * size + i] = at(hessian, i * size + j);
  }
  return { gradient, hessian };
}

/** Solves a symmetric positive definite system by elimination; overwrites its arguments. */
function solve(matrix: Float64Array, right: Float64Array): Float64Array {
  const size = right.length;
  for (let pivot = 0; pivot < size; pivot += 1) {
    const diagonal = at(matrix, pivot * size + pivot);
    if (!(Math.abs(diagonal) > 0)) throw new Error("the features are linearly dependent");
    for (let row = pivot + 1; row < size; row += 1) {
      const factor = at(matrix, row * size + pivot) / diagonal;
      if (factor === 0) continue;
      for (let column = pivot; column < size; column += 1) {
        const index = row * size + column;
        matrix[index] = at(matrix, index) - factor * at(matrix, pivot * size + column);
      }
      right[row] = at(right, row) - factor * at(right, pivot);
    }
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    let value = at(right, row);
    for (let column = row + 1; column < size; column += 1) {
      value -= at(matrix, row * size + column) * at(right, column);
    }
    right[row] = value / at(matrix, row * size + row);
  }
  return right;
}
