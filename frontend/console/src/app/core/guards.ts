import { inject } from '@angular/core';
import { CanActivateFn, Router } from '@angular/router';
import { Session } from './session';

/** Lets in who is signed in and answers customers; the others learn why not. */
export const agentsOnly: CanActivateFn = (_, state) => {
  const session = inject(Session);
  const router = inject(Router);
  if (!session.token()) {
    return router.createUrlTree(['/sign-in'], { queryParams: state.url === '/' ? {} : { to: state.url } });
  }
  return session.isAgent() || router.createUrlTree(['/no-access']);
};

export const adminsOnly: CanActivateFn = () => {
  return inject(Session).isAdmin() || inject(Router).createUrlTree(['/no-access'], { queryParams: { for: 'admin' } });
};
