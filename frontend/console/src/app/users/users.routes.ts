import { Routes } from '@angular/router';

export const routes: Routes = [
  { path: '', title: 'Users', loadComponent: () => import('./users.page').then((m) => m.UsersPage) },
  { path: ':id', title: 'User', loadComponent: () => import('./user.page').then((m) => m.UserPage) },
];
