import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { LoginPage } from '../features/auth/login-page.tsx'
import { safeRedirect } from '../features/auth/redirect.ts'
import { chartSearch } from '../features/charts/chart-search.ts'
import { commandSearch, commandsQuery } from '../features/command-history/queries.ts'
import { driverQuery, driversQuery, instanceQuery, valuesQuery } from '../features/devices/queries.ts'
import { experimentsQuery } from '../features/experiments/queries.ts'
import { dataSearch } from '../features/historian/data-search.ts'
import { packagesQuery } from '../features/packages/queries.ts'
import { eventsQuery, latestQuery, pluginsQuery } from '../features/signals/queries.ts'
import { ErrorPage } from './error-page.tsx'
import { NotFoundPage } from './not-found-page.tsx'
import type { Services } from './services.ts'
import { Shell } from './shell.tsx'

const rootRoute = createRootRouteWithContext<{ services: Services }>()({
  component: Outlet,
  notFoundComponent: NotFoundPage,
  errorComponent: ErrorPage,
})

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/login',
  component: LoginPage,
  validateSearch: (search): { redirect?: string } => {
    const path = safeRedirect(search.redirect)
    return path === '/' ? {} : { redirect: path }
  },
  beforeLoad: ({ context, search }) => {
    if (context.services.session.token() !== undefined) throw redirect({ href: safeRedirect(search.redirect) })
  },
})

const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'signed-in',
  component: Shell,
  beforeLoad: ({ context, location }) => {
    if (context.services.session.token() !== undefined) return
    throw redirect({ to: '/login', search: location.href === '/' ? {} : { redirect: location.href } })
  },
})

const dashboardRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/',
  // Asked for side by side with the page's code; the page shows what is missing, so nothing waits here.
  loader: ({ context: { services } }) => {
    void services.queries.prefetchQuery(eventsQuery(services.client))
    void services.queries.prefetchQuery(latestQuery(services.client))
    void services.queries.prefetchQuery(pluginsQuery(services.client))
  },
}).lazy(() => import('./dashboard-route.tsx').then(({ lazyDashboardRoute }) => lazyDashboardRoute))

const devicesRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/devices',
  component: lazyRouteComponent(() => import('../features/devices/devices-page.tsx'), 'DevicesPage'),
  loader: ({ context: { services } }) => {
    void services.queries.prefetchQuery(pluginsQuery(services.client))
    void services.queries.prefetchQuery(driversQuery(services.client))
  },
})

const newDeviceRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/devices/new',
  component: lazyRouteComponent(() => import('../features/devices/new-device-page.tsx'), 'NewDevicePage'),
  validateSearch: ({ driver }: Record<string, unknown>): { driver?: string } =>
    typeof driver === 'string' && driver !== '' ? { driver } : {},
  loaderDeps: ({ search }) => search,
  loader: ({ context: { services }, deps: { driver } }) => {
    void services.queries.prefetchQuery(pluginsQuery(services.client))
    if (driver === undefined) void services.queries.prefetchQuery(driversQuery(services.client))
    else void services.queries.prefetchQuery(driverQuery(services.client, driver))
  },
})

const deviceRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/devices/$id',
  component: lazyRouteComponent(() => import('../features/devices/device-page.tsx'), 'DevicePage'),
  loader: ({ context: { services }, params: { id } }) => {
    void services.queries.prefetchQuery(instanceQuery(services.client, id))
    void services.queries.prefetchQuery(valuesQuery(services.client, id))
    void services.queries.prefetchQuery(eventsQuery(services.client))
    void services.queries.prefetchQuery(driversQuery(services.client))
  },
})

const commandsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/commands',
  component: lazyRouteComponent(
    () => import('../features/command-history/command-history-page.tsx'),
    'CommandHistoryPage',
  ),
  validateSearch: commandSearch,
  loaderDeps: ({ search }) => search,
  loader: ({ context: { services }, deps }) => {
    void services.queries.prefetchQuery(commandsQuery(services.client, deps))
    void services.queries.prefetchQuery(eventsQuery(services.client))
    void services.queries.prefetchQuery(pluginsQuery(services.client))
  },
})

const chartsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/charts',
  component: lazyRouteComponent(() => import('../features/charts/charts-page.tsx'), 'ChartsPage'),
  validateSearch: chartSearch,
  loader: ({ context: { services } }) => {
    void services.queries.prefetchQuery(eventsQuery(services.client))
    void services.queries.prefetchQuery(pluginsQuery(services.client))
  },
})

const experimentsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/experiments',
  component: lazyRouteComponent(() => import('../features/experiments/experiments-page.tsx'), 'ExperimentsPage'),
  validateSearch: ({ page }: Record<string, unknown>): { page?: number } =>
    typeof page === 'number' && Number.isInteger(page) && page > 1 ? { page } : {},
  loaderDeps: ({ search }) => search,
  loader: ({ context: { services }, deps: { page = 1 } }) => {
    void services.queries.prefetchQuery(experimentsQuery(services.client, page))
  },
})

const dataRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/data',
  component: lazyRouteComponent(() => import('../features/historian/data-page.tsx'), 'DataPage'),
  validateSearch: dataSearch,
})

const packagesRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/plugins',
  component: lazyRouteComponent(() => import('../features/packages/packages-page.tsx'), 'PackagesPage'),
  loader: ({ context: { services } }) => {
    void services.queries.prefetchQuery(packagesQuery(services.client))
  },
})

const routeTree = rootRoute.addChildren([
  loginRoute,
  signedInRoute.addChildren([
    dashboardRoute,
    chartsRoute,
    experimentsRoute,
    dataRoute,
    devicesRoute,
    newDeviceRoute,
    deviceRoute,
    commandsRoute,
    packagesRoute,
  ]),
])

export function createAppRouter(services: Services) {
  return createRouter({ routeTree, context: { services }, defaultPreload: 'intent', scrollRestoration: true })
}
export type AppRouter = ReturnType<typeof createAppRouter>

declare module '@tanstack/react-router' {
  interface Register {
    router: AppRouter
  }
}
