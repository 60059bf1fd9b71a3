// SPDX-License-Identifier: MIT OR Apache-2.0
/* Specification of what tells about an arena (core/vmalloc_info.c). */
#ifndef KEEL_SPECS_VMALLOC_INFO_H
#define KEEL_SPECS_VMALLOC_INFO_H

/*@ // an area in use begins at page p; and page q is in it, and not its guard
    predicate Begins{L}(struct keel_vm *v, integer p) = 0 <= p < v->r.n && v->r.mark[p] > 0 && !Dead(v, p);
    predicate InUseAt{L}(struct keel_vm *v, integer p, integer q) = Begins(v, p) && In(v->r.mark, p, q);
    // of the areas that begin at the first n pages: how many, and their pages without guards; of the gaps that do: the same
    logic integer nareas{L}(int32_t *m, integer n) = n <= 0 ? 0 : nareas(m, n - 1) + (m[n - 1] > 0 ? 1 : 0);
    logic integer nbacked{L}(int32_t *m, integer n) = n <= 0 ? 0 : nbacked(m, n - 1) + (m[n - 1] > 0 ? m[n - 1] - 1 : 0);
    logic integer ngaps{L}(int32_t *m, integer n) = n <= 0 ? 0 : ngaps(m, n - 1) + (m[n - 1] < 0 ? 1 : 0);
    logic integer nvacant{L}(int32_t *m, integer n) = n <= 0 ? 0 : nvacant(m, n - 1) + (m[n - 1] < 0 ? -m[n - 1] : 0);
    // pages of the first n areas that wait for a purge
    logic integer nwaiting{L}(int64_t *dead, int32_t *m, integer n) = n <= 0 ? 0 : nwaiting(dead, m, n - 1) + m[dead[n - 1]] - 1;
    // a tag of the page instance that says: a block of one page, of this layer's kind
    predicate OneOfVm(integer tag) = tag / 32 == KEEL_VMALLOC && tag % 16 == 1;
    predicate VmTagged{L}(struct keel_vm *v) = \forall integer q; 0 <= q < v->r.n && v->page[q] != 0 ==> v->page[q] <= v->z->n && OneOfVm(v->z->tag[v->page[q] - 1]);
    predicate VmTables{L}(struct keel_vm *v) = \valid_read(v) && 1 <= v->r.n <= 0x40000000 && \valid_read(v->page + (0 .. v->r.n - 1)) && \valid_read(v->z) &&
      0 <= v->z->n && \valid_read(v->z->tag + (0 .. v->z->n - 1));
*/
/* What of an arena must be right for its figures. */
#define VM_INFO (\valid_read(v) && 0 <= v->base <= 0x10000000000000 - 0x40000000 && RangeInv(&v->r) && Backlog(v))

/*@ ghost
  // nothing begins at pages lo .. hi - 1
  /@ requires lo <= hi && \valid_read(m + (0 .. hi - 1)) && \forall integer q; lo <= q < hi ==> m[q] == 0;
     assigns \nothing;
     ensures nareas(m, hi) == nareas(m, lo) && nbacked(m, hi) == nbacked(m, lo) && ngaps(m, hi) == ngaps(m, lo) && nvacant(m, hi) == nvacant(m, lo); @/
  void lem_within_area(const int32_t *m, uint32_t lo, uint32_t hi) {
    /@ loop invariant lo <= q <= hi && nareas(m, q) == nareas(m, lo) && nbacked(m, q) == nbacked(m, lo) && ngaps(m, q) == ngaps(m, lo) && nvacant(m, q) == nvacant(m, lo);
       loop assigns q; loop variant hi - q; @/
    for (uint32_t q = lo; q < hi; q++) ;
  }
  // an arena whose invariant holds passes the executable check
  /@ requires VM(KEEL_NONE);
     assigns \nothing; ensures RangeArrays(&v->r) && VmTables(v); ensures VmTagged(v); @/
  void lem_vm_check(struct keel_vm *v, VM_STATE) {
    /@ assert \forall integer q; 0 <= q < v->r.n && v->page[q] != 0 ==> Single(z->n, z->tag, st, ord, v->page[q] - 1); @/
    /@ assert Range(z) && z->n <= 1024 * z->u; @/
    /@ assert \forall integer g; 0 <= g < 1024 * z->u ==> TagOk(z->u, g, st[g], ord[g], z->tag[g]); @/
  }
*/

#endif
