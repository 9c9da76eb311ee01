import { createTheme, type MantineColorsTuple } from '@mantine/core'

/** The logo's blue, dark enough at 7 for white text on it. */
const rig: MantineColorsTuple = [
  '#e8f4fd',
  '#d0e6f7',
  '#a0cbed',
  '#6daee3',
  '#4596da',
  '#2c86d4',
  '#1a7bcc',
  '#1864ab',
  '#125592',
  '#0b4578',
]

export const theme = createTheme({
  primaryColor: 'rig',
  primaryShade: { light: 7, dark: 7 },
  colors: { rig },
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "Liberation Mono", monospace',
  respectReducedMotion: true,
  cursorType: 'pointer',
})
