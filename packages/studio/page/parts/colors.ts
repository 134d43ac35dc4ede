import { useEffect, useState } from 'preact/hooks';

/** Colours of curves that people who are colour-blind can tell apart (after Okabe & Ito), with enough contrast on either background. */
const palettes = {
  light: ['#0072b2', '#c14a00', '#00795b', '#9b4f8b', '#6b5a00', '#3d4650'],
  dark: ['#56b4e9', '#e69f00', '#2fbf9b', '#e39ac4', '#f0e442', '#c9d1d9'],
} as const;

/** Dashes beside colours, so that no curve is told by its colour alone. */
const dashes = [[], [7, 4], [2, 3], [10, 3, 2, 3], [5, 2], [1, 2]] as const;

export interface CurveStyle {
  readonly color: string;
  readonly dash: readonly number[];
}

export interface Theme {
  readonly styles: readonly CurveStyle[];
  readonly ink: string;
  readonly line: string;
}

const themeOf = (name: 'light' | 'dark'): Theme => ({
  styles: palettes[name].map((color, i) => ({ color, dash: dashes[i] })),
  ink: name === 'dark' ? '#a8b3bd' : '#545f69',
  line: name === 'dark' ? '#2c343b' : '#e3e7ea',
});

const isDark = matchMedia('(prefers-color-scheme: dark)');

/** Returns the colours of canvases, which no style sheet reaches, and renders again when the theme changes. */
export const useTheme = (): Theme => {
  const [dark, setDark] = useState(isDark.matches);
  useEffect(() => {
    const update = () => setDark(isDark.matches);
    isDark.addEventListener('change', update);
    return () => isDark.removeEventListener('change', update);
  }, []);
  const [themes] = useState(() => ({ light: themeOf('light'), dark: themeOf('dark') }));
  return dark ? themes.dark : themes.light;
};
