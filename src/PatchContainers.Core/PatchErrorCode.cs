namespace PatchContainers;

/// <summary>
/// The stable names of what can go wrong. They are the error ids of the cmdlets (<c>PatchContainers.&lt;code&gt;</c>) and the
/// <c>code</c> of the CLI's errors: scripts may match them, so a name changes only with a major version.
/// </summary>
public enum PatchErrorCode
{
    /// <summary>An image reference, digest, platform or other argument does not have the form it must have.</summary>
    InvalidArgument,

    /// <summary>The image, tag, blob, file or record asked for is not there.</summary>
    NotFound,

    /// <summary>The registry asked for credentials, or refused those it was given.</summary>
    Unauthorized,

    /// <summary>A platform knows who asks, and does not let them do this; the message names the right that is missing.</summary>
    Forbidden,

    /// <summary>A host could not be reached, or gave up in the middle.</summary>
    Unreachable,

    /// <summary>A server answered against its own specification.</summary>
    ProtocolError,

    /// <summary>Bytes do not have the digest or size they were announced with.</summary>
    DigestMismatch,

    /// <summary>A document (manifest, layer, database, YAML, JSON, archive) cannot be read as what it should be.</summary>
    InvalidData,

    /// <summary>A declared limit (size, depth, entries, time) was passed.</summary>
    LimitExceeded,

    /// <summary>The form is known, and deliberately not supported; the message says what to do instead.</summary>
    NotSupported,

    /// <summary>Something with this name and other content is there already.</summary>
    AlreadyExists,

    /// <summary>Another writer changed the object, or holds its lock.</summary>
    Conflict,

    /// <summary>A rollout's gate said no; what was changed has been handled as the plan says.</summary>
    GateFailed,

    /// <summary>A digest that may not be rolled out: it failed before, or did not pass the ring in front.</summary>
    NotPromotable,

    /// <summary>A change of a rollout cannot be made safely (a variable, a template, a shared anchor); the message lists all of them.</summary>
    ChangeRefused,

    /// <summary>A rollout's change failed; what was changed has been handled as the plan says.</summary>
    ChangeFailed,

    /// <summary>A rollback could not put everything back.</summary>
    RollbackIncomplete,

    /// <summary>A scanner failed: nothing is known of the image from it.</summary>
    ScannerFailed,

    /// <summary>The history or a journal is not what was written.</summary>
    HistoryDamaged,

    /// <summary>Reading or writing a local file failed.</summary>
    FileError,
}
