namespace PatchContainers;

/// <summary>The one exception that Core throws on purpose: what failed, on which object, and what to do about it.</summary>
public sealed class PatchException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">The stable name of the cause.</param>
    /// <param name="target">The object it is about (a reference, a path, an id), as a person would write it.</param>
    /// <param name="message">A sentence or two that name the object and the fault, and say what to do. Never a secret.</param>
    /// <param name="innerException">The cause underneath, if any.</param>
    public PatchException(PatchErrorCode code, string target, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
        Target = target;
    }

    /// <summary>The stable name of the cause.</summary>
    public PatchErrorCode Code { get; }

    /// <summary>The object it is about, as a person would write it.</summary>
    public string Target { get; }
}
