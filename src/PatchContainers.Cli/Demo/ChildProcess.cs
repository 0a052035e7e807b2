using System.Collections.Concurrent;
using System.Diagnostics;

namespace PatchContainers.Cli.Demo;

/// <summary>
/// Starts this program again, to kill it in the middle of its work. The only process that this program ever starts, and only in the demo.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _errors = new();

    private ChildProcess(Process process)
    {
        _process = process;
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { Length: > 0 } text)
            {
                _errors.Enqueue(text);
            }
        };
    }

    /// <summary>Starts a command line of this program.</summary>
    /// <param name="program">The program and the words in front of the verb.</param>
    /// <param name="args">The words after the program's name.</param>
    /// <param name="input">What it reads on its standard input.</param>
    public static async Task<ChildProcess> StartAsync(DemoProgram program, IEnumerable<string> args, string input)
    {
        var start = new ProcessStartInfo(program.FileName)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var word in program.Arguments.Concat(args))
        {
            start.ArgumentList.Add(word);
        }

        var child = new ChildProcess(Process.Start(start)
            ?? throw new PatchException(PatchErrorCode.FileError, program.FileName, $"{program.FileName} could not be started."));
        // Read all along: a full pipe would stop it where nobody wants it to stop.
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        await child._process.StandardInput.WriteAsync(input).ConfigureAwait(false);
        child._process.StandardInput.Close();
        return child;
    }

    /// <summary>Whether it has ended by itself.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>What it wrote on standard error so far.</summary>
    public string Errors => string.Join(' ', _errors);

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>Kills it with SIGKILL (on Windows TerminateProcess), and waits until it is gone.</summary>
    /// <returns>False where it had ended before.</returns>
    public async Task<bool> KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        // 128 + SIGKILL on Unix, -1 on Windows: what a process that ended by itself never returns here.
        return _process.ExitCode is 137 or -1;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
