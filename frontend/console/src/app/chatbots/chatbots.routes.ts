import { Routes } from '@angular/router';

export const routes: Routes = [
  { path: '', title: 'Chatbots', loadComponent: () => import('./chatbots.page').then((m) => m.ChatbotsPage) },
  { path: ':id', title: 'Chatbot', loadComponent: () => import('./chatbot.page').then((m) => m.ChatbotPage) },
];
