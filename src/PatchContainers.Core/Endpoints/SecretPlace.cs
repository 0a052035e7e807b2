
namespace PatchContainers.Endpoints;

/// <summary>Where a secret is: in a file, or in an environment variable.</summary>
/// <param name="File">The file's full path.</param>
/// <param name="Variable">The variable's name.</param>
internal sealed record SecretPlace(string? File, string? Variable)
{
    private const int MaxLength = 64 * 1024;

    /// <summary>Reads the pair of settings that name it; null where there is neither.</summary>
    public static SecretPlace? Parse(SettingReader settings, string fileName, string variableName)
    {
        var file = EndpointSettings.FullPath(settings, fileName);
        var variable = settings.Text(variableName);
        return (file, variable) switch
        {
            (null, null) => null,
            (not null, not null) => throw settings.Fault(fileName, $"and '{variableName}' exclude each other."),
            _ => new SecretPlace(file, variable),
        };
    }

    /// <summary>The secret as it is now, without the line's end.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>, <see cref="PatchErrorCode.FileError"/> or
    /// <see cref="PatchErrorCode.InvalidData"/>, never with the secret.</exception>
    public async Task<string> ReadAsync(Func<string, string?> environment, CancellationToken cancellationToken)
    {
        var place = File ?? $"the environment variable {Variable}";
        var text = File is { } file ? await ReadFileAsync(file, MaxLength, cancellationToken).ConfigureAwait(false)
            : environment(Variable!) ?? throw new PatchException(PatchErrorCode.NotFound, Variable!,
                $"The environment variable {Variable}, which has to hold a secret, is not set.");
        text = text.TrimEnd('\r', '\n');
        return text.Length > 0 && !text.Any(char.IsControl) ? text
            : throw new PatchException(PatchErrorCode.InvalidData, File ?? Variable!,
                text.Length == 0 ? $"There is no secret in {place}: it is empty."
                    : $"What is in {place} is no secret: it has several lines, or control characters.");
    }

    /// <summary>Reads a small text file.</summary>
    public static async Task<string> ReadFileAsync(string file, int maxLength, CancellationToken cancellationToken)
    {
        try
        {
            var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            await using (stream.ConfigureAwait(false))
            {
                var buffer = new byte[maxLength + 1];
                var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken)
                    .ConfigureAwait(false);
                return length <= maxLength ? System.Text.Encoding.UTF8.GetString(buffer, 0, length)
                    : throw new PatchException(PatchErrorCode.LimitExceeded, file,
                        $"{file} has more than {maxLength:N0} bytes, too many for what it is to be.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var code = e is FileNotFoundException or DirectoryNotFoundException ? PatchErrorCode.NotFound : PatchErrorCode.FileError;
            throw new PatchException(code, file, $"{file} cannot be read: {e.Message}", e);
        }
    }
}
