import { Routes } from '@angular/router';

export const routes: Routes = [
  { path: '', title: 'All rooms', loadComponent: () => import('./admin-rooms.page').then((m) => m.AdminRoomsPage) },
  { path: ':id', title: 'Room', loadComponent: () => import('./admin-room.page').then((m) => m.AdminRoomPage) },
];
