/** A log says the first, the 10th, the 100th... of a kind: it is no journal. */
export const isPowerOfTen = (count: number): boolean => /^10*$/.test(String(count));
