import { Routes } from '@angular/router';
import { adminsOnly, agentsOnly } from './core/guards';

export const routes: Routes = [
  {
    path: 'sign-in',
    title: 'Sign in',
    loadComponent: () => import('./sign-in/sign-in.page').then((m) => m.SignInPage),
  },
  {
    path: 'no-access',
    title: 'No access',
    loadComponent: () => import('./sign-in/no-access.page').then((m) => m.NoAccessPage),
  },
  {
    path: '',
    canActivate: [agentsOnly],
    loadComponent: () => import('./shell/shell').then((m) => m.Shell),
    children: [
      { path: '', pathMatch: 'full', redirectTo: 'inbox' },
      { path: 'inbox', loadChildren: () => import('./inbox/inbox.routes').then((m) => m.routes) },
      { path: 'rooms', loadChildren: () => import('./rooms/rooms.routes').then((m) => m.routes) },
      {
        path: 'admin',
        canActivate: [adminsOnly],
        children: [
          { path: 'rooms', loadChildren: () => import('./admin-rooms/admin-rooms.routes').then((m) => m.routes) },
          { path: 'users', loadChildren: () => import('./users/users.routes').then((m) => m.routes) },
          { path: 'chatbots', loadChildren: () => import('./chatbots/chatbots.routes').then((m) => m.routes) },
          {
            path: 'webhooks',
            title: 'Webhooks',
            loadComponent: () => import('./webhooks/webhooks.page').then((m) => m.WebhooksPage),
          },
          {
            path: 'figures',
            title: 'Live figures',
            loadComponent: () => import('./figures/figures.page').then((m) => m.FiguresPage),
          },
          { path: 'audit', title: 'Audit', loadComponent: () => import('./audit/audit.page').then((m) => m.AuditPage) },
        ],
      },
      {
        path: '**',
        title: 'Not found',
        loadComponent: () => import('./shell/not-found.page').then((m) => m.NotFoundPage),
      },
    ],
  },
];
