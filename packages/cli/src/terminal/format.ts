export const formatCount = (count: number): string => count.toLocaleString('en-US');

/** Returns a duration in the unit that a person would use: `4.2 s`, `95 s`, `12 min`, `3.5 h`. */
export const formatSeconds = (seconds: number): string => {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 119.5) return `${Math.round(seconds)} s`;
  if (seconds < 7170) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
};
