import { Routes } from '@angular/router';
import { RoomsPage } from './rooms.page';

export const routes: Routes = [
  {
    path: '',
    title: 'My rooms',
    component: RoomsPage,
    children: [{ path: ':id', title: 'Room', loadComponent: () => import('./room.page').then((m) => m.RoomPage) }],
  },
];
