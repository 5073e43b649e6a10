/** Something that waits for an instant. It is in at most one queue at a time, since the links are its own. */
export interface Waiter {
  /** Microseconds. Must not change while it is in a queue. */
  deadlineUs: number;
  before: this | null;
  after: this | null;
}

/**
 * A queue in the order of deadlines, first come first where they are equal, as a linked list through its members: nothing is
 * allocated and any member leaves in O(1). Joining walks from the end past later deadlines, so it is O(1) where all allowances
 * are alike (a run has one deadline for all its requests) and O(n) at worst.
 */
export class DeadlineQueue<Member extends Waiter> {
  first: Member | null = null;
  last: Member | null = null;
  length = 0;

  add(member: Member): void {
    let before = this.last;
    while (before !== null && before.deadlineUs > member.deadlineUs) before = before.before;
    const after = before === null ? this.first : before.after;
    member.before = before;
    member.after = after;
    if (before === null) this.first = member;
    else before.after = member;
    if (after === null) this.last = member;
    else after.before = member;
    this.length += 1;
  }

  /** Takes out a member of this queue. */
  remove(member: Member): void {
    const { before, after } = member;
    if (before === null) this.first = after;
    else before.after = after;
    if (after === null) this.last = before;
    else after.before = before;
    member.before = null;
    member.after = null;
    this.length -= 1;
  }

  /** Takes out the member with the earliest deadline. */
  shift(): Member | null {
    const member = this.first;
    if (member !== null) this.remove(member);
    return member;
  }

  /** Takes out the member with the earliest deadline if it has passed. */
  shiftOverdue(nowUs: number): Member | null {
    return this.first !== null && this.first.deadlineUs <= nowUs ? this.shift() : null;
  }
}
