import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import type { AppRouter } from './router.tsx'
import { type Services, ServicesProvider } from './services.ts'
import { theme } from './theme.ts'

interface AppProps {
  readonly services: Services
  readonly router: AppRouter
}

/** The whole page: what it works with, how it looks, and where it is. */
export function App({ services, router }: AppProps) {
  return (
    <ServicesProvider value={services}>
      <QueryClientProvider client={services.queries}>
        <MantineProvider theme={theme} defaultColorScheme="auto">
          <RouterProvider router={router} />
        </MantineProvider>
      </QueryClientProvider>
    </ServicesProvider>
  )
}
