#pragma version 0.4.3
#pragma evm-version london
#pragma optimize gas

"""
@title Checkpoints
@license Apache-2.0
@notice Lakes write down here how large the append-only log of their seals is, and the root of its tree.
@dev A lake is an origin, a hash of its name. It has one anchorer, who alone writes its checkpoints; the admin names him
     and can stop him, and writes none himself. A log only grows: each checkpoint names the size that it follows, which
     must be the one stored, and no call makes it smaller, overwrites it or takes it back. An anchorer who is not honest
     can say a root that is wrong or a size that is too large; the proofs that follow fail then, and the event stays.
     Storage is what proofs are made of, so the slots of heads and roots are part of the interface.
"""

event Checkpointed:
    origin: indexed(bytes32)
    old_size: uint64
    new_size: uint64
    root: bytes32

event Opened:
    origin: indexed(bytes32)
    anchorer: indexed(address)

event Appointed:
    origin: indexed(bytes32)
    anchorer: indexed(address)

event Paused:
    origin: indexed(bytes32)

event Resumed:
    origin: indexed(bytes32)

event AdminProposed:
    proposed: indexed(address)

event AdminChanged:
    old_admin: indexed(address)
    new_admin: indexed(address)


SIZE: constant(uint256) = 2**64 - 1
PAUSED: constant(uint256) = 2**64
ANCHORER_SHIFT: constant(uint256) = 96

# Slot 0 is the compiler's, for a lock that is not used.

# Slot 1, by origin: bits 0-63 the size, bit 64 whether it is paused, bits 96-255 the anchorer. Zero: not open.
heads: HashMap[bytes32, uint256]

# Slot 2, by origin: the root of a tree of that size.
roots: HashMap[bytes32, bytes32]

# Who opens origins, appoints their anchorers, and pauses them.
admin: public(address)

# Who becomes admin as soon as he accepts; zero for nobody.
proposed_admin: public(address)


@deploy
def __init__():
    """
    @notice Whoever deploys is the first admin.
    """
    self.admin = msg.sender
    log AdminChanged(old_admin=empty(address), new_admin=msg.sender)


@external
def checkpoint(origin: bytes32, old_size: uint64, new_size: uint64, root: bytes32):
    """
    @notice Write down that the log of a lake has grown.
    @dev Only the anchorer. What is stored already is not written again: such a call succeeds, without an event and even
         while the origin is paused, so that a retry does not fail for having worked the first time.
    @param origin Of the lake.
    @param old_size Seals in the log as stored; the call reverts if another size is.
    @param new_size Seals in the log, more than before.
    @param root Of their tree; not zero.
    """
    head: uint256 = self.heads[origin]
    assert head != 0, "not open"
    assert convert(head >> ANCHORER_SHIFT, address) == msg.sender, "not the anchorer"
    assert new_size > old_size, "size does not grow"
    assert root != empty(bytes32), "root is zero"
    size: uint256 = head & SIZE
    if size == convert(new_size, uint256) and self.roots[origin] == root:
        return
    assert head & PAUSED == 0, "paused"
    assert size == convert(old_size, uint256), "another size is stored"
    self.heads[origin] = (head ^ size) | convert(new_size, uint256)
    self.roots[origin] = root
    log Checkpointed(origin=origin, old_size=old_size, new_size=new_size, root=root)


@external
@view
def latest(origin: bytes32) -> (uint64, bytes32):
    """
    @notice The last checkpoint of a lake, paused or not.
    @param origin Of the lake.
    @return Size and root; zero and zero before the first.
    """
    return convert(self.heads[origin] & SIZE, uint64), self.roots[origin]


@external
@view
def anchorer_of(origin: bytes32) -> address:
    """
    @notice Who writes the checkpoints of a lake.
    @param origin Of the lake.
    @return His address; zero if the origin is not open.
    """
    return convert(self.heads[origin] >> ANCHORER_SHIFT, address)


@external
@view
def is_paused(origin: bytes32) -> bool:
    """
    @notice Whether the writing of checkpoints is stopped.
    @param origin Of the lake.
    @return True between pause and resume.
    """
    return self.heads[origin] & PAUSED != 0


@external
def open_origin(origin: bytes32, anchorer: address):
    """
    @notice Let a lake write checkpoints. Only the admin, and only once an origin.
    @param origin Of the lake.
    @param anchorer Who writes them; not zero.
    """
    self._only_admin()
    assert anchorer != empty(address), "anchorer is zero"
    assert self.heads[origin] == 0, "open already"
    self.heads[origin] = convert(anchorer, uint256) << ANCHORER_SHIFT
    log Opened(origin=origin, anchorer=anchorer)


@external
def appoint(origin: bytes32, anchorer: address):
    """
    @notice Replace the anchorer of a lake. Only the admin. Size, root and pause stay as they are.
    @param origin Of the lake.
    @param anchorer Who writes its checkpoints from now on; not zero.
    """
    self._only_admin()
    assert anchorer != empty(address), "anchorer is zero"
    head: uint256 = self._open_head(origin)
    self.heads[origin] = (convert(anchorer, uint256) << ANCHORER_SHIFT) | (head & (PAUSED | SIZE))
    log Appointed(origin=origin, anchorer=anchorer)


@external
def pause(origin: bytes32):
    """
    @notice Stop the writing of checkpoints; they are read as before. Only the admin.
    @param origin Of the lake; that of one which is paused stays so, without an event.
    """
    self._only_admin()
    head: uint256 = self._open_head(origin)
    if head & PAUSED == 0:
        self.heads[origin] = head | PAUSED
        log Paused(origin=origin)


@external
def resume(origin: bytes32):
    """
    @notice Let checkpoints be written again. Only the admin.
    @param origin Of the lake; that of one which is not paused stays so, without an event.
    """
    self._only_admin()
    head: uint256 = self._open_head(origin)
    if head & PAUSED != 0:
        self.heads[origin] = head ^ PAUSED
        log Resumed(origin=origin)


@external
def propose_admin(proposed: address):
    """
    @notice Name the next admin. Only the admin, who stays it until the other accepts.
    @param proposed Instead of whoever was proposed before; zero takes that back.
    """
    self._only_admin()
    self.proposed_admin = proposed
    log AdminProposed(proposed=proposed)


@external
def accept_admin():
    """
    @notice Become admin. Only whoever is proposed: an address that cannot send a transaction never becomes it.
    """
    assert msg.sender == self.proposed_admin, "not proposed"
    log AdminChanged(old_admin=self.admin, new_admin=msg.sender)
    self.admin = msg.sender
    self.proposed_admin = empty(address)


@internal
@view
def _only_admin():
    assert msg.sender == self.admin, "not the admin"


@internal
@view
def _open_head(origin: bytes32) -> uint256:
    head: uint256 = self.heads[origin]
    assert head != 0, "not open"
    return head
