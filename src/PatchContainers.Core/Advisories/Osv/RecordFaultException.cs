namespace PatchContainers.Advisories.Osv;

/// <summary>One record is no OSV record; the next one may be. The message says what is wrong, without naming the source.</summary>
internal sealed class RecordFaultException : Exception
{
    /// <summary>Creates the exception.</summary>
    public RecordFaultException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
