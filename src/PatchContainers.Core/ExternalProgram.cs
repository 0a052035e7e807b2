using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;

namespace PatchContainers;

/// <summary>One call of a program.</summary>
internal sealed record ProgramCall
{
    /// <summary>The program: a path, or a name that the system looks for.</summary>
    public required string Command { get; init; }

    /// <summary>Its arguments, each as it is: no shell reads them.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Variables that it gets besides those that it inherits.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The variables that it inherits, in any case, <c>NAME</c> or <c>PREFIX*</c>; null for all of them.</summary>
    public IReadOnlyList<string>? Inherited { get; init; }

    /// <summary>What it is told and nobody else may read: taken out of what it says.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>How long it may run.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>How much it may print, in bytes.</summary>
    public required long MaxOutputBytes { get; init; }
}

/// <summary>A program did not do what it was called for: it could not be started, ended with an error, took too long, or printed too much.</summary>
/// <param name="fault">What it did, to go on after "and".</param>
/// <param name="cause">The cause; null where the program itself is it.</param>
internal sealed class ProgramFaultException(string fault, Exception? cause = null) : Exception(fault, cause);

/// <summary>
/// Runs programs that may be there: the one place where the libraries start processes, and only where it is allowed. Without a shell, with
/// a limit on time and output, and nothing to read.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="variable">Reads a variable of the environment.</param>
internal sealed class ExternalProgram(TimeProvider time, Func<string, string?> variable)
{
    /// <summary>The environment variable that forbids to start programs; any value does.</summary>
    public const string ForbiddenVariable = "PATCHCONTAINERS_NO_EXTERNAL_PROCESS";

    private const int MaxErrors = 2000;

    /// <summary>Whether programs may not be started here.</summary>
    public bool IsForbidden => !string.IsNullOrEmpty(variable(ForbiddenVariable));

    /// <summary>
    /// Runs a program and reads what it prints, as it prints it. What was read counts only if the program ends well.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="read">Reads its output, to the end or not.</param>
    /// <param name="cancellationToken">Ends the program.</param>
    /// <exception cref="ProgramFaultException">The program failed; otherwise what <paramref name="read"/> says.</exception>
    public async Task<T> RunAsync<T>(ProgramCall call, Func<Stream, T> read, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(call.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        using var process = Start(call);
        try
        {
            using var killed = either.Token.Register(() => Kill(process));
            process.StandardInput.Close();
            var errors = ReadErrorsAsync(process, call.Secrets);
            using var output = new LimitedStream(process.StandardOutput.BaseStream, call.MaxOutputBytes);
            var (result, fault) = await Task.Run(() => ReadAll(output, read), CancellationToken.None).ConfigureAwait(false);
            if (output.IsTooMuch)
            {
                Kill(process);
            }

            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            var said = await errors.ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (timeout.IsCancellationRequested)
            {
                throw new ProgramFaultException($"it did not end within {DurationText.Format(call.Timeout)}", fault);
            }

            if (output.IsTooMuch)
            {
                throw new ProgramFaultException(string.Create(CultureInfo.InvariantCulture,
                    $"it printed more than {call.MaxOutputBytes} bytes"));
            }

            if (process.ExitCode != 0)
            {
                throw new ProgramFaultException(string.Create(CultureInfo.InvariantCulture, $"it ended with exit code {process.ExitCode}")
                    + (said.Length > 0 ? $" and said: {said}" : string.Empty), fault);
            }

            if (fault is not null)
            {
                ExceptionDispatchInfo.Throw(fault);
            }

            return result!;
        }
        finally
        {
            Kill(process);
        }
    }

    /// <summary>A text in one line, of at most 300 characters.</summary>
    public static string OneLine(string text)
    {
        var line = string.Join(' ', text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
        return line.Length > 300 ? line[..300] + "..." : line;
    }

    // To the end in any case, so that a full pipe does not stop the program: how it ends says why its output is what it is.
    private static (T? Result, Exception? Fault) ReadAll<T>(LimitedStream output, Func<Stream, T> read)
    {
        try
        {
            var result = read(output);
            output.Drain();
            return (result, null);
        }
        catch (Exception e)
        {
            output.Drain();
            return (default, e);
        }
    }

    private static Process Start(ProgramCall call)
    {
        var start = new ProcessStartInfo(call.Command)
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var argument in call.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        if (call.Inherited is { } kept)
        {
            foreach (var name in start.Environment.Keys.Where(name => !kept.Any(k => IsNamed(name, k))).ToArray())
            {
                start.Environment.Remove(name);
            }
        }

        foreach (var (name, value) in call.Environment)
        {
            start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            // ENOENT and ERROR_FILE_NOT_FOUND; the system's own words name our folder, where nobody looked for it.
            throw new ProgramFaultException(e.NativeErrorCode == 2 ? "there is no such program here" : $"it cannot be started ({e.Message})", e);
        }
    }

    private static bool IsNamed(string name, string pattern) => pattern.EndsWith('*')
        ? name.StartsWith(pattern[..^1], StringComparison.OrdinalIgnoreCase) : name.Equals(pattern, StringComparison.OrdinalIgnoreCase);

    // Read to the end; the first part is kept.
    private static async Task<string> ReadErrorsAsync(Process process, IReadOnlyList<string> secrets)
    {
        var errors = new StringBuilder();
        var buffer = new char[1024];
        for (int read; (read = await process.StandardError.ReadAsync(buffer.AsMemory()).ConfigureAwait(false)) > 0;)
        {
            errors.Append(buffer, 0, Math.Min(read, Math.Max(0, MaxErrors - errors.Length)));
        }

        return OneLine(secrets.Where(s => s.Length > 0).Aggregate(errors.ToString(), (text, secret) =>
            text.Replace(secret, "***", StringComparison.Ordinal)));
    }

    private static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        catch (InvalidOperationException)
        {
            // It ended between the two lines.
        }
    }
}
