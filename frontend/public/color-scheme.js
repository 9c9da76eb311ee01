// Chooses light or dark before anything is painted. A file of its own because the content security policy allows no inline script.
;(() => {
  const chosen = localStorage.getItem('mantine-color-scheme-value') ?? 'auto'
  const isDark = chosen === 'dark' || (chosen === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', isDark ? 'dark' : 'light')
})()
