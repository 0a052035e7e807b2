namespace HelpBuilder;

/// <summary>A page that does not fit its cmdlet.</summary>
internal sealed class HelpException(string message) : Exception(message);
