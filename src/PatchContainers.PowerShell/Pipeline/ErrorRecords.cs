using System.Management.Automation;

namespace PatchContainers.PowerShell.Pipeline;

/// <summary>Makes PowerShell's error records: a stable id, a category, the object it is about, and what to do.</summary>
internal static class ErrorRecords
{
    /// <summary>An error of Core's: its id is <c>PatchContainers.</c> and the code.</summary>
    public static ErrorRecord From(PatchException exception)
    {
        var (category, action) = Describe(exception.Code);
        return new ErrorRecord(exception, $"PatchContainers.{exception.Code}", category, exception.Target)
        {
            ErrorDetails = new ErrorDetails(exception.Message) { RecommendedAction = action },
        };
    }

    /// <summary>An error that nobody foresaw.</summary>
    public static ErrorRecord Unexpected(Exception exception, object? target) =>
        new(exception, "PatchContainers.Unexpected", ErrorCategory.NotSpecified, target)
        {
            ErrorDetails = new ErrorDetails($"{exception.GetType().Name}: {exception.Message}")
            {
                RecommendedAction = "This is a fault in PatchContainers. Please report it with the output of: Get-Error",
            },
        };

    private static (ErrorCategory Category, string Action) Describe(PatchErrorCode code) => code switch
    {
        PatchErrorCode.InvalidArgument => (ErrorCategory.InvalidArgument, "Correct the value and run the command again."),
        PatchErrorCode.NotFound => (ErrorCategory.ObjectNotFound,
            "Check the name. Get-PatchEnvironment shows where things are looked for."),
        PatchErrorCode.Unauthorized => (ErrorCategory.AuthenticationError,
            "Log in (docker login, podman login), or give -RegistryCredential @{'host' = Get-Credential}."),
        PatchErrorCode.Forbidden => (ErrorCategory.PermissionDenied,
            "Have the right granted that the message names, or use another account."),
        PatchErrorCode.Unreachable => (ErrorCategory.ConnectionError, "Check name, port, network and proxy, then run the command again."),
        PatchErrorCode.ProtocolError => (ErrorCategory.ProtocolError,
            "The server answered against its specification: look for a proxy in between, or tell its operator."),
        PatchErrorCode.DigestMismatch => (ErrorCategory.InvalidData,
            "Do not use the image. Fetch or push it again, and find out who changed it."),
        PatchErrorCode.InvalidData => (ErrorCategory.InvalidData, "Replace the document, or make it again."),
        PatchErrorCode.LimitExceeded => (ErrorCategory.LimitsExceeded, "Look at the object before raising the limit: it may be hostile."),
        PatchErrorCode.NotSupported => (ErrorCategory.InvalidOperation, "The message says what to do instead."),
        PatchErrorCode.AlreadyExists => (ErrorCategory.ResourceExists,
            "Choose another name, or use -Force where it is meant to be replaced."),
        PatchErrorCode.Conflict => (ErrorCategory.ResourceBusy, "Look at what the other writer did, then run the command again."),
        PatchErrorCode.GateFailed => (ErrorCategory.OperationStopped,
            "Get-PatchRollout shows what the gates said and what was put back."),
        PatchErrorCode.NotPromotable => (ErrorCategory.InvalidOperation, "Get-PatchHistory shows what became of this digest."),
        PatchErrorCode.ChangeRefused => (ErrorCategory.InvalidOperation,
            "Change these files by hand, or use -SkipRefused to go on without them."),
        PatchErrorCode.ScannerFailed => (ErrorCategory.OperationStopped,
            "Run the scanner by hand to see what it says. Its settings are those of 'scanners' in settings.json."),
        PatchErrorCode.ChangeFailed => (ErrorCategory.OperationStopped,
            "Get-PatchRollout shows which change failed and what was put back."),
        PatchErrorCode.RollbackIncomplete => (ErrorCategory.InvalidResult,
            "Get-PatchRollout lists workload by workload what holds now. Put the rest back by hand."),
        PatchErrorCode.HistoryDamaged => (ErrorCategory.SecurityError,
            "Test-PatchHistory names the first record that is not what was written. Keep the file as it is."),
        PatchErrorCode.FileError => (ErrorCategory.ResourceUnavailable,
            "Check that the path exists, that you may use it, and that the disk has room."),
        _ => (ErrorCategory.NotSpecified, string.Empty),
    };
}
