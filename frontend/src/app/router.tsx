import { createRootRouteWithContext, createRoute, createRouter, Outlet, redirect } from '@tanstack/react-router'
import { LoginPage } from '../features/auth/login-page.tsx'
import { safeRedirect } from '../features/auth/redirect.ts'
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

const routeTree = rootRoute.addChildren([loginRoute, signedInRoute.addChildren([dashboardRoute])])

export function createAppRouter(services: Services) {
  return createRouter({ routeTree, context: { services }, defaultPreload: 'intent', scrollRestoration: true })
}
export type AppRouter = ReturnType<typeof createAppRouter>

declare module '@tanstack/react-router' {
  interface Register {
    router: AppRouter
  }
}
